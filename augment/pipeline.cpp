#include "augment/pipeline.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace lathe::augment {

namespace {

constexpr float kWhite = 255;

void check(const Targets& input, const BatchKey& key, const Output& output) {
  const Shape& shape = input.images.shape();
  if (shape.rank() != 4 || output.images.shape() != shape) {
    fail("augmentation: images of ", shape, " to ", output.images.shape(),
         "; both must be (N, H, W, C) and the same");
  }
  if (static_cast<std::int64_t>(key.sample_ids.size()) != shape[0]) {
    fail("augmentation: ", key.sample_ids.size(), " sample ids for ", shape[0],
         " images");
  }
  if (input.masks.empty() && output.masks.empty()) return;
  const Shape& masks = input.masks.shape();
  if (masks.rank() != 4 || output.masks.spec() != input.masks.spec() ||
      masks[0] != shape[0] || masks[1] != shape[1] || masks[2] != shape[2]) {
    fail("augmentation: masks of ", input.masks.spec(), " to ",
         output.masks.spec(), " for images of ", shape,
         "; both must be the same, and of the images' N, H and W");
  }
}

}  // namespace

/// What apply() keeps in its workspace. Two buffers are enough for any number
/// of passes: each reads one and writes the other.
struct Pipeline::Buffers {
  Tensor table;
  Tensor rows;
  /// ColorSteps.
  Tensor colors;
  std::array<Targets, 2> between;
  std::size_t bytes = 0;
};

Pipeline::Pipeline() : Pipeline(std::vector<Augmentation>()) {}

Pipeline::Pipeline(std::initializer_list<Augmentation> augmentations,
                   PipelineOptions options)
    : Pipeline(std::vector<Augmentation>(augmentations), options) {}

Pipeline::Pipeline(std::vector<Augmentation> augmentations,
                   PipelineOptions options)
    : augmentations_(std::move(augmentations)), options_(options) {
  std::size_t column = 0;
  for (const Augmentation& augmentation : augmentations_) {
    columns_.push_back(column);
    column += augmentation.parameters().size();
  }
  columns_.push_back(column);
  row_length_ = static_cast<std::int64_t>(column);
  make_passes();
}

void Pipeline::make_passes() {
  passes_.clear();
  for (std::size_t k = 0; k < augmentations_.size(); ++k) {
    const std::optional<Sampling> sampling = augmentations_[k].sampling();
    if (passes_.empty() || options_.fusion == Fusion::exact ||
        !joins(sampling, passes_.back())) {
      passes_.push_back({.first = k, .last = k, .sampling = {}});
    }
    Pass& pass = passes_.back();
    pass.last = k + 1;
    if (sampling) pass.sampling = sampling;
    pass.color_steps += augmentations_[k].color_steps();
  }
  if (passes_.empty()) passes_.push_back({});
}

// Whole pixels can move before or after their colours change; what is
// interpolated or filled can't.
bool Pipeline::joins(const std::optional<Sampling>& sampling,
                     const Pass& pass) {
  return !sampling || (pass.color_steps == 0 &&
                       (!pass.sampling || *sampling == *pass.sampling));
}

void Pipeline::draw(const BatchKey& key, const Tensor& table) const {
  const TensorSpec spec{
      {static_cast<std::int64_t>(key.sample_ids.size()), row_length_},
      DType::float32};
  if (table.spec() != spec) {
    fail("augmentation: the table is ", table.spec(), "; it must be ", spec);
  }
  const std::span<float> values = table.values<float>();
  for (std::size_t n = 0; n < key.sample_ids.size(); ++n) {
    for (std::size_t k = 0; k < augmentations_.size(); ++k) {
      Philox random({.seed = key.seed,
                     .epoch = key.epoch,
                     .sample = key.sample_ids[n],
                     .operation = RandomStream::augmentation +
                                  options_.first_number +
                                  static_cast<std::uint32_t>(k)});
      augmentations_[k].draw(random,
                             values.subspan(n * columns_.back() + columns_[k],
                                            columns_[k + 1] - columns_[k]));
    }
  }
}

void Pipeline::find_rows(const Pass& pass, ImageSize size, const Tensor& table,
                         const Tensor& rows) const {
  const std::span<const float> values = table.values<float>();
  float* to = rows.data<float>();
  for (std::int64_t n = 0; n < rows.shape()[0]; ++n) {
    Matrix matrix;
    for (std::size_t k = pass.first; k < pass.last; ++k) {
      const std::size_t start =
          static_cast<std::size_t>(n) * columns_.back() + columns_[k];
      matrix = matrix *
               augmentations_[k].matrix(
                   values.subspan(start, columns_[k + 1] - columns_[k]), size);
    }
    to = std::ranges::copy(row_of(matrix), to).out;
  }
}

void Pipeline::find_colors(const Pass& pass, const Tensor& table,
                           const Tensor& colors) const {
  const std::span<const float> values = table.values<float>();
  auto* to = static_cast<ColorStep*>(colors.raw());
  for (std::int64_t n = 0; n < table.shape()[0]; ++n) {
    for (std::size_t k = pass.first; k < pass.last; ++k) {
      const std::size_t steps = augmentations_[k].color_steps();
      const std::size_t start =
          static_cast<std::size_t>(n) * columns_.back() + columns_[k];
      augmentations_[k].colors(
          values.subspan(start, columns_[k + 1] - columns_[k]), {to, steps});
      to += steps;
    }
  }
}

void Pipeline::run(const Pass& pass, const Targets& input, const Output& output,
                   const Buffers& memory, Device device) const {
  const bool from_bytes = input.images.dtype() == DType::uint8;
  const bool to_bytes = output.images.dtype() == DType::uint8;
  const Sampling sampling = pass.sampling.value_or(Sampling{});
  const ValueRange range =
      from_bytes ? ValueRange{}
                 : ValueRange{.low = output.offset,
                              .high = kWhite * output.scale + output.offset};
  Resample how{.interpolation = sampling.interpolation,
               .fill_mode = sampling.fill_mode,
               .fill_value = multiply_add(sampling.fill_value,
                                          range.high - range.low, range.low)};
  if (from_bytes && !to_bytes) {
    how.scale = output.scale;
    how.offset = output.offset;
  }
  if (!from_bytes && to_bytes) {
    how.scale = 1 / output.scale;
    how.offset = -output.offset / output.scale;
  }
  resample(device, how, input.images, memory.rows, output.images,
           {.steps = static_cast<const ColorStep*>(memory.colors.raw()),
            .count = static_cast<std::int64_t>(pass.color_steps),
            .range = range});
  if (input.masks.empty()) return;
  resample(device,
           {.interpolation = options_.mask_interpolation,
            .fill_mode = sampling.fill_mode,
            .fill_value = options_.mask_fill_value},
           input.masks, memory.rows, output.masks);
}

Pipeline::Buffers Pipeline::buffers(const Targets& input,
                                    std::byte* memory) const {
  constexpr std::size_t kAlignment = 64;
  Buffers result;
  const auto take = [&](const Shape& shape, DType dtype) -> Tensor {
    const TensorSpec spec{shape, dtype};
    std::byte* at = memory == nullptr ? nullptr : memory + result.bytes;
    result.bytes += (spec.bytes() + kAlignment - 1) / kAlignment * kAlignment;
    return {spec, at, nullptr};
  };
  const Shape& shape = input.images.shape();
  result.table = take({shape[0], row_length_}, DType::float32);
  result.rows = take({shape[0], kRowLength}, DType::float32);
  std::size_t steps = 0;
  for (const Pass& pass : passes_) steps = std::max(steps, pass.color_steps);
  result.colors =
      take({shape[0], static_cast<std::int64_t>(steps * sizeof(ColorStep))},
           DType::uint8);
  for (std::size_t i = 0; i + 1 < std::min<std::size_t>(passes_.size(), 3);
       ++i) {
    result.between[i].images = take(shape, DType::float32);
    if (!input.masks.empty()) {
      result.between[i].masks = take(input.masks.shape(), input.masks.dtype());
    }
  }
  return result;
}

std::size_t Pipeline::workspace_bytes(const Targets& input) const {
  return buffers(input, nullptr).bytes;
}

void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, void* workspace,
                     Device device) const {
  check(input, key, output);
  const Shape& shape = input.images.shape();
  const Buffers memory = buffers(input, static_cast<std::byte*>(workspace));
  draw(key, memory.table);
  Targets current = input;
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    Output next = output;
    if (i + 1 < passes_.size()) {
      next.images = memory.between[i % 2].images;
      next.masks = memory.between[i % 2].masks;
    }
    find_rows(passes_[i], {.height = shape[1], .width = shape[2]}, memory.table,
              memory.rows);
    find_colors(passes_[i], memory.table, memory.colors);
    run(passes_[i], current, next, memory, device);
    current = {.images = next.images, .masks = next.masks};
  }
}

void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, Workspace& workspace,
                     Device device) const {
  check(input, key, output);
  const auto bytes = static_cast<std::int64_t>(workspace_bytes(input));
  if (workspace.memory.empty() || workspace.memory.elements() < bytes) {
    workspace.memory = Tensor::uninitialized({bytes}, DType::uint8);
  }
  apply(input, key, output, workspace.memory.raw(), device);
}

void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, Device device) const {
  Workspace workspace;
  apply(input, key, output, workspace, device);
}

std::string Pipeline::names(const Pass& pass) const {
  std::string text;
  for (std::size_t k = pass.first; k < pass.last; ++k) {
    text += concat(text.empty() ? "" : ", ", augmentations_[k].name());
  }
  return text.empty() ? "nothing" : text;
}

std::string Pipeline::summary() const {
  std::string text =
      concat("augmentation: ", augmentations_.size(), " operations in ",
             passes_.size(), passes_.size() == 1 ? " pass" : " passes",
             " over the batch\n");
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    const Sampling sampling = passes_[i].sampling.value_or(Sampling{});
    text += concat("  ", i + 1, ". ", names(passes_[i]), ": images ",
                   name_of(sampling.interpolation), ", masks ",
                   name_of(options_.mask_interpolation), ", beyond the border ",
                   name_of(sampling.fill_mode), "\n");
  }
  return text;
}

std::string Pipeline::replay(std::uint64_t seed, std::uint32_t epoch,
                             std::uint32_t sample_id) const {
  const Tensor table({1, row_length_});
  draw({.seed = seed, .epoch = epoch, .sample_ids = {&sample_id, 1}}, table);
  const float* value = table.data<float>();
  std::string text;
  for (const Augmentation& augmentation : augmentations_) {
    text += concat(text.empty() ? "" : "; ", augmentation.name(), ":");
    std::string separator = " ";
    for (const std::string& parameter : augmentation.parameters()) {
      text += concat(separator, parameter, " ", write(*value++));
      separator = ", ";
    }
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace lathe::augment
