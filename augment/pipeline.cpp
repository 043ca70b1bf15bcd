#include "augment/pipeline.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace lathe::augment {

namespace {

constexpr float kWhite = 255;

Shape resized(const Shape& shape, ImageSize size) {
  return {shape[0], size.height, size.width, shape[3]};
}

void check(const Pipeline& pipeline, const Targets& input, const BatchKey& key,
           const Output& output) {
  const Shape& shape = input.images.shape();
  if (shape.rank() != 4) {
    fail("augmentation: images of ", shape, "; they must be (N, H, W, C)");
  }
  const ImageSize size =
      pipeline.output_size({.height = shape[1], .width = shape[2]});
  if (output.images.shape() != resized(shape, size)) {
    fail("augmentation: images of ", shape, " to ", output.images.shape(),
         "; the pipeline makes ", resized(shape, size));
  }
  if (pipeline.mixes() && shape[0] < 2) {
    fail("augmentation: a batch of one; mixing needs at least two samples");
  }
  if (static_cast<std::int64_t>(key.sample_ids.size()) != shape[0]) {
    fail("augmentation: ", key.sample_ids.size(), " sample ids for ", shape[0],
         " images");
  }
  if (pipeline.needs_masks() && input.masks.empty()) {
    fail("augmentation: no masks; copy_paste needs masks of class ids");
  }
  if (input.masks.empty() && output.masks.empty()) return;
  const Shape& masks = input.masks.shape();
  if (masks.rank() != 4 || masks[0] != shape[0] || masks[1] != shape[1] ||
      masks[2] != shape[2] ||
      output.masks.spec() !=
          TensorSpec{resized(masks, size), input.masks.dtype()}) {
    fail("augmentation: masks of ", input.masks.spec(), " to ",
         output.masks.spec(), " for images of ", shape, " to ",
         output.images.shape(),
         "; they must be of one type, and of the images' N, H and W");
  }
}

}  // namespace

/// What apply() keeps in its workspace. Two buffers are enough for any number
/// of passes: each reads one and writes the other.
struct Pipeline::Buffers {
  Tensor table;
  Tensor rows;
  /// Warps, their controls, ColorSteps, FilterSteps and MixSteps.
  Tensor warps;
  Tensor controls;
  Tensor colors;
  Tensor filters;
  Tensor mixes;
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
  for (std::size_t k = 0; k < augmentations_.size(); ++k) {
    for (const Effect* effect : augmentations_[k].effects()) {
      stages_.push_back({.operation = k, .effect = effect});
    }
  }
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Effect& effect = *stages_[i].effect;
    // Samples are mixed as float32, which a pass before makes of them.
    if (effect.mixes() && passes_.empty()) passes_.push_back({});
    if (passes_.empty() || options_.fusion == Fusion::exact ||
        !joins(effect, passes_.back())) {
      passes_.push_back({.first = i, .last = i, .sampling = {}});
    }
    Pass& pass = passes_.back();
    pass.last = i + 1;
    if (effect.sampling()) pass.sampling = effect.sampling();
    pass.warps = pass.warps || effect.warps();
    pass.color_steps += effect.color_steps();
    pass.filter_steps += effect.filter_steps();
    pass.mixes = effect.mixes();
  }
  if (passes_.empty()) passes_.push_back({});
}

// Whole pixels can move before or after their colours change; what is
// interpolated or filled can't, nor may the mean that contrast needs be that of
// a part.
bool Pipeline::joins(const Effect& effect, const Pass& pass) {
  if (effect.mixes() || pass.mixes) return false;
  if (pass.filter_steps > 0)
    return !effect.moves() && effect.color_steps() == 0;
  if (effect.warps() && pass.warps) return false;
  if (effect.resizes() && pass.color_steps > 0) return false;
  const std::optional<Sampling> sampling = effect.sampling();
  return !sampling || (pass.color_steps == 0 &&
                       (!pass.sampling || *sampling == *pass.sampling));
}

ImageSize Pipeline::output_size(const Pass& pass, ImageSize size) const {
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    size = stages_[i].effect->output_size(size);
  }
  return size;
}

ImageSize Pipeline::output_size(ImageSize size) const {
  for (const Pass& pass : passes_) size = output_size(pass, size);
  return size;
}

std::size_t Pipeline::warp_controls(const Pass& pass, ImageSize size) const {
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const Effect& effect = *stages_[i].effect;
    if (effect.warps()) return effect.warp_controls(size);
    size = effect.output_size(size);
  }
  return 0;
}

bool Pipeline::mixes() const {
  return std::ranges::any_of(passes_, &Pass::mixes);
}

bool Pipeline::needs_masks() const {
  return std::ranges::any_of(
      stages_, [](const Stage& stage) { return stage.effect->needs_masks(); });
}

void Pipeline::refuse_in(std::string_view place) const {
  for (const Augmentation& each : augmentations_) {
    if (!each.in_loader_only()) continue;
    fail("augmentation '", each.name(), "' is for the loader only, not for ",
         place, ": it takes memory of its own");
  }
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

std::span<const float> Pipeline::numbers(const Stage& stage,
                                         const Tensor& table,
                                         std::int64_t sample) const {
  const std::size_t start = columns_[stage.operation];
  return std::span<const float>(table.values<float>())
      .subspan(static_cast<std::size_t>(sample) * columns_.back() + start,
               columns_[stage.operation + 1] - start);
}

void Pipeline::find_geometry(const Pass& pass, ImageSize size,
                             const Buffers& memory, std::int64_t sample) const {
  Warp warp;
  Matrix before;
  Matrix after;
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const Effect& effect = *stages_[i].effect;
    const std::span<const float> drawn =
        numbers(stages_[i], memory.table, sample);
    if (effect.warps()) {
      warp = effect.warp(drawn, size,
                         memory.controls.rows(sample, 1).values<float>().first(
                             effect.warp_controls(size)));
    }
    if (effect.moves()) {
      Matrix& matrix = warp.kind == WarpKind::none ? before : after;
      matrix = matrix * effect.matrix(drawn, size);
    }
    size = effect.output_size(size);
  }
  std::ranges::copy(row_of(before), memory.rows.rows(sample, 1).data<float>());
  warp.row = row_of(after);
  if (pass.warps) static_cast<Warp*>(memory.warps.raw())[sample] = warp;
}

void Pipeline::find_steps(const Pass& pass, ImageSize size,
                          const Buffers& memory) const {
  const std::int64_t samples = memory.rows.shape()[0];
  auto* color = static_cast<ColorStep*>(memory.colors.raw());
  auto* filter = static_cast<FilterStep*>(memory.filters.raw());
  auto* mix = static_cast<MixStep*>(memory.mixes.raw());
  for (std::int64_t n = 0; n < samples; ++n) {
    find_geometry(pass, size, memory, n);
    ImageSize current = size;
    for (std::size_t i = pass.first; i < pass.last; ++i) {
      const Effect& effect = *stages_[i].effect;
      const std::span<const float> drawn = numbers(stages_[i], memory.table, n);
      current = effect.output_size(current);
      effect.colors(drawn, {color, effect.color_steps()});
      color += effect.color_steps();
      effect.filters(drawn, current, {filter, effect.filter_steps()});
      filter += effect.filter_steps();
      if (pass.mixes) {
        *mix++ = effect.mix(drawn, current, {.index = n, .samples = samples});
      }
    }
  }
}

void Pipeline::run(const Pass& pass, const Targets& input, const Output& output,
                   const Buffers& memory, Device device) const {
  if (pass.mixes) {
    const auto* steps = static_cast<const MixStep*>(memory.mixes.raw());
    return lathe::mix(device,
                      {.steps = steps, .masks = options_.mask_interpolation},
                      {.images = input.images, .masks = input.masks},
                      {.images = output.images, .masks = output.masks});
  }
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
  const Warp* warps =
      pass.warps ? static_cast<const Warp*>(memory.warps.raw()) : nullptr;
  resample(device, how, input.images, memory.rows, output.images,
           {.steps = static_cast<const ColorStep*>(memory.colors.raw()),
            .count = static_cast<std::int64_t>(pass.color_steps),
            .range = range},
           warps);
  const Filters filters{
      .steps = static_cast<const FilterStep*>(memory.filters.raw()),
      .count = static_cast<std::int64_t>(pass.filter_steps),
      .range = {.low = output.offset,
                .high = kWhite * output.scale + output.offset}};
  if (pass.filter_steps > 0) filter(device, filters, output.images);
  if (input.masks.empty()) return;
  resample(device,
           {.interpolation = options_.mask_interpolation,
            .fill_mode = sampling.fill_mode,
            .fill_value = options_.mask_fill_value},
           input.masks, memory.rows, output.masks, {}, warps);
  if (pass.filter_steps > 0) {
    erase_masks(device, filters, options_.mask_fill_value, output.masks);
  }
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
  const auto take_steps = [&](std::size_t count, std::size_t bytes) {
    return take({shape[0], static_cast<std::int64_t>(count * bytes)},
                DType::uint8);
  };
  result.table = take({shape[0], row_length_}, DType::float32);
  result.rows = take({shape[0], kRowLength}, DType::float32);
  Pass most;
  std::size_t controls = 0;
  ImageSize size{.height = shape[1], .width = shape[2]};
  std::int64_t pixels = 0;
  for (const Pass& pass : passes_) {
    most.warps = most.warps || pass.warps;
    controls = std::max(controls, warp_controls(pass, size));
    most.color_steps = std::max(most.color_steps, pass.color_steps);
    most.filter_steps = std::max(most.filter_steps, pass.filter_steps);
    size = output_size(pass, size);
    pixels = std::max(pixels, size.height * size.width);
  }
  result.warps = take_steps(most.warps ? 1 : 0, sizeof(Warp));
  result.controls =
      take({shape[0], static_cast<std::int64_t>(controls)}, DType::float32);
  result.colors = take_steps(most.color_steps, sizeof(ColorStep));
  result.filters = take_steps(most.filter_steps, sizeof(FilterStep));
  result.mixes = take_steps(mixes() ? 1 : 0, sizeof(MixStep));
  // After the last pass too, where bytes are made of what it left.
  const std::size_t between =
      passes_.size() - (passes_.back().works_in_place() ? 0 : 1);
  for (std::size_t i = 0; i < std::min<std::size_t>(between, 2); ++i) {
    result.between[i].images =
        take({shape[0], pixels, 1, shape[3]}, DType::float32);
    if (!input.masks.empty()) {
      result.between[i].masks = take(
          {shape[0], pixels, 1, input.masks.shape()[3]}, input.masks.dtype());
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
  check(*this, input, key, output);
  const Shape& shape = input.images.shape();
  const Buffers memory = buffers(input, static_cast<std::byte*>(workspace));
  draw(key, memory.table);
  ImageSize size{.height = shape[1], .width = shape[2]};
  Targets current = input;
  const auto between = [&](std::size_t i) -> Output {
    const auto part = [&](const Tensor& whole, const Tensor& like) -> Tensor {
      if (like.empty()) return {};
      return {
          {resized(like.shape(), size), whole.dtype()}, whole.raw(), nullptr};
    };
    const Targets& whole = memory.between[i % 2];
    return {.images = part(whole.images, input.images),
            .masks = part(whole.masks, input.masks),
            .scale = output.scale,
            .offset = output.offset};
  };
  const bool to_bytes = output.images.dtype() == DType::uint8;
  const std::size_t last =
      passes_.size() - (to_bytes && passes_.back().works_in_place() ? 0 : 1);
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    const ImageSize before = size;
    size = output_size(passes_[i], size);
    const Output next = i < last ? between(i) : output;
    find_steps(passes_[i], before, memory);
    run(passes_[i], current, next, memory, device);
    current = {.images = next.images, .masks = next.masks};
  }
  if (last == passes_.size()) {
    find_steps({}, size, memory);
    run({}, current, output, memory, device);
  }
}

void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, Workspace& workspace,
                     Device device) const {
  check(*this, input, key, output);
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
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const std::size_t k = stages_[i].operation;
    if (i > pass.first && k == stages_[i - 1].operation) continue;
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
    if (passes_[i].mixes) {
      text += concat("  ", i + 1, ". ", names(passes_[i]),
                     ": among the batch's samples\n");
      continue;
    }
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
  const std::span<const float> row = table.values<float>();
  std::string text;
  for (std::size_t k = 0; k < augmentations_.size(); ++k) {
    text += concat(text.empty() ? "" : "; ",
                   augmentations_[k].describe(row.subspan(
                       columns_[k], columns_[k + 1] - columns_[k])));
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace lathe::augment
