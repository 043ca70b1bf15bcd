#include <algorithm>

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

// Adds `weight` times the label of a sample to a distribution.
void add_label(const Tensor& labels, std::int64_t sample, float weight,
               std::span<float> result) {
  if (labels.dtype() == DType::float32) {
    const auto row = labels.rows(sample, 1).values<float>();
    for (std::size_t c = 0; c < row.size(); ++c) result[c] += weight * row[c];
    return;
  }
  const std::int32_t label = labels.data<std::int32_t>()[sample];
  if (label < 0 || label >= static_cast<std::int64_t>(result.size())) return;
  result[static_cast<std::size_t>(label)] += weight;
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
  const auto bytes = static_cast<std::int64_t>(drawn.bytes());
  if (workspace.memory.empty() || workspace.memory.elements() < bytes) {
    workspace.memory = Tensor::uninitialized({bytes}, DType::uint8);
  }
  const Tensor table(drawn, workspace.memory.raw(), nullptr);
  draw(key, table);
  if (mixes() && samples < 2) {
    fail("mix_labels: a batch of one; mixing needs at least two samples");
  }
  std::vector<MixedParts>& parts = workspace.parts;
  parts.resize(static_cast<std::size_t>(samples));
  for (std::int64_t n = 0; n < samples; ++n) {
    parts[static_cast<std::size_t>(n)] = {
        {.sample = static_cast<std::int32_t>(n),
         .right = size.width,
         .bottom = size.height}};
  }
  for (const Stage& stage : stages_) {
    const ImageSize before = size;
    size = stage.effect->output_size(size);
    if (stage.effect->moves()) {
      for (MixedParts& of_sample : parts) spread(before, size, of_sample);
    }
    if (!stage.effect->mixes()) continue;
    std::vector<MixedParts>& mixed = workspace.mixed_parts;
    mixed.resize(parts.size());
    for (std::int64_t n = 0; n < samples; ++n) {
      mix_parts(stage.effect->mix(numbers(stage, table, n), size,
                                  {.index = n, .samples = samples}),
                n, size, parts, mixed[static_cast<std::size_t>(n)]);
    }
    parts.swap(mixed);
  }
  const auto area = static_cast<double>(size.height * size.width);
  for (std::int64_t n = 0; n < samples; ++n) {
    const auto row = output.rows(n, 1).values<float>();
    std::ranges::fill(row, 0.0F);
    for (const MixedPart& part : parts[static_cast<std::size_t>(n)]) {
      add_label(labels, part.sample,
                static_cast<float>(part.weight *
                                   static_cast<double>(part.pixels()) / area),
                row);
    }
  }
}

}  // namespace lathe::augment
