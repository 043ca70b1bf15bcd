#include <algorithm>
#include <array>

#include "augment/pipeline.h"
#include "core/error.h"

namespace lathe::augment {

namespace {

void check(const Tensor& labels, std::int64_t samples, const Tensor& output) {
  const Shape& shape = output.shape();
  const bool fits = shape.rank() == 2 && shape[0] == samples &&
                    output.dtype() == DType::float32;
  const bool classes = labels.spec() == TensorSpec{{samples, 1}, DType::int32};
  if (!fits || !(classes || labels.spec() == output.spec()) ||
      labels.raw() == output.raw()) {
    fail("mix_labels: labels ", labels.spec(), " to ", output.spec(), " for ",
         samples,
         " samples; they must be int32 (N, 1) or float32 (N, classes), to "
         "float32 (N, classes) in other memory");
  }
}

void write_distributions(const Tensor& labels, const Tensor& output) {
  if (labels.dtype() == DType::float32) return output.copy_from(labels);
  const auto values = output.values<float>();
  const std::int64_t classes = output.shape()[1];
  std::ranges::fill(values, 0.0F);
  std::int64_t row = 0;
  for (const std::int32_t label : labels.values<std::int32_t>()) {
    if (label >= 0 && label < classes) {
      values[static_cast<std::size_t>(row + label)] = 1;
    }
    row += classes;
  }
}

/// Row `sample` of `to`: what the step makes of rows of `from`.
void mix_row(const MixStep& step, ImageSize size, std::int64_t sample,
             const Tensor& from, const Tensor& to) {
  const std::int64_t classes = from.shape()[1];
  const float* rows = from.data<float>();
  float* result = to.data<float>() + sample * classes;
  const std::array<float, 4> parts = parts_of(step, size.height, size.width);
  for (std::int64_t c = 0; c < classes; ++c) {
    result[c] = parts[0] * rows[sample * classes + c];
    for (std::size_t i = 0; i < step.partners.size(); ++i) {
      result[c] += parts[i + 1] * rows[step.partners[i] * classes + c];
    }
  }
}

}  // namespace

void Pipeline::mix_labels(const Tensor& labels, const BatchKey& key,
                          ImageSize size, const Tensor& output,
                          Workspace& workspace) const {
  const auto samples = static_cast<std::int64_t>(key.sample_ids.size());
  check(labels, samples, output);
  if (needs_masks()) {
    fail(
        "mix_labels: what copy_paste pastes depends on masks, which labels "
        "don't follow");
  }
  const TensorSpec drawn{{samples, row_length_}, DType::float32};
  const auto bytes = static_cast<std::int64_t>(drawn.bytes() + output.bytes());
  if (workspace.memory.empty() || workspace.memory.elements() < bytes) {
    workspace.memory = Tensor::uninitialized({bytes}, DType::uint8);
  }
  auto* memory = workspace.memory.data<std::uint8_t>();
  const Tensor table(drawn, memory, nullptr);
  const Tensor other(output.spec(), memory + drawn.bytes(), nullptr);
  draw(key, table);
  // Each mixing reads one and writes the other; the last one, the output.
  auto left = std::ranges::count_if(
      stages_, [](const Stage& stage) { return stage.effect->mixes(); });
  if (left > 0 && samples < 2) {
    fail("mix_labels: a batch of one; mixing needs at least two samples");
  }
  const auto next = [&] { return left % 2 == 0 ? output : other; };
  write_distributions(labels, next());
  for (const Stage& stage : stages_) {
    size = stage.effect->output_size(size);
    if (!stage.effect->mixes()) continue;
    const Tensor from = next();
    --left;
    for (std::int64_t n = 0; n < samples; ++n) {
      mix_row(stage.effect->mix(numbers(stage, table, n), size,
                                {.index = n, .samples = samples}),
              size, n, from, next());
    }
  }
}

}  // namespace lathe::augment
