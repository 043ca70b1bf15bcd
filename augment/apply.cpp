#include <algorithm>
#include <atomic>
#include <exception>

#include "augment/buffers.h"
#include "core/augmentation/stencil.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe::augment {

namespace {

Shape resized(const Shape& shape, ImageSize size) {
  return {shape[0], size.height, size.width, shape[3]};
}

Tensor part_of(const Tensor& tensor, std::int64_t first, std::int64_t count) {
  return tensor.empty() ? tensor : tensor.rows(first, count);
}

/// Images of that size in a buffer of (N, pixels, 1, C).
Tensor images_in(const Tensor& buffer, std::int64_t first, std::int64_t count,
                 ImageSize size) {
  if (buffer.empty()) return buffer;
  const Tensor from = buffer.rows(first, count);
  return {{{count, size.height, size.width, buffer.shape()[3]}, buffer.dtype()},
          from.raw(),
          nullptr};
}

/// Calls body(share) for every share; throws what one of them threw.
template <class F>
void in_shares(std::int64_t shares, const F& body) {
  std::exception_ptr thrown;
  std::atomic_flag taken;
  parallel_tasks(shares, [&](std::int64_t share) {
    try {
      body(share);
    } catch (...) {
      if (!taken.test_and_set()) thrown = std::current_exception();
    }
  });
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

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
  if (pipeline.needs_boxes() &&
      static_cast<std::int64_t>(key.annotations.size()) != shape[0]) {
    fail("augmentation: annotations of ", key.annotations.size(), " for ",
         shape[0],
         " images; box_safe_crop needs the boxes of each, which may be none");
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
      if (pass.link) memory.parts.data<float>()[n] = effect.chain_part(drawn);
    }
  }
  if (memory.stencils.elements() == 0) return;
  std::transform(static_cast<FilterStep*>(memory.filters.raw()), filter,
                 static_cast<Stencils*>(memory.stencils.raw()), stencils_of);
}

void Pipeline::run(const Pass& pass, const Targets& input, const Output& output,
                   const Buffers& memory, Device device) const {
  if (pass.mixes) {
    const auto* steps = static_cast<const MixStep*>(memory.mixes.raw());
    return lathe::mix(
        device, {.steps = steps, .masks = options_.mask_interpolation},
        {.images = input.images, .masks = input.masks},
        {.images = output.images, .masks = output.masks}, memory.gpu);
  }
  const bool from_bytes = input.images.dtype() == DType::uint8;
  const bool to_bytes = output.images.dtype() == DType::uint8;
  const Sampling sampling = pass.sampling.value_or(Sampling{});
  const ValueRange made{.low = output.offset,
                        .high = kWhiteByte * output.scale + output.offset};
  const ValueRange range = from_bytes ? ValueRange{} : made;
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
            .range = range,
            .means = pass.means},
           warps, memory.gpu);
  const Filters filters{
      .steps = static_cast<const FilterStep*>(memory.filters.raw()),
      .count = static_cast<std::int64_t>(pass.filter_steps),
      .range = made,
      .needs = pass.needs.data(),
      .stencils = static_cast<const Stencils*>(memory.stencils.raw())};
  if (pass.filter_steps > 0) {
    filter(device, filters, output.images, memory.gpu);
  }
  if (input.masks.empty()) return;
  resample(device,
           {.interpolation = options_.mask_interpolation,
            .fill_mode = sampling.fill_mode,
            .fill_value = options_.mask_fill_value},
           input.masks, memory.rows, output.masks, {}, warps, memory.gpu);
  if (pass.filter_steps > 0) {
    erase_masks(device, filters, options_.mask_fill_value, output.masks,
                memory.gpu);
  }
}

const Pipeline::Pass& Pipeline::pass(std::size_t i) const {
  static const Pass nothing;
  return i < passes_.size() ? passes_[i] : nothing;
}

std::size_t Pipeline::pass_count(const Output& output) const {
  const bool converts =
      passes_.back().link || (output.images.dtype() == DType::uint8 &&
                              passes_.back().works_in_place());
  return passes_.size() + (converts ? 1 : 0);
}

void Pipeline::run_link(const Pass& pass, const Part& part, ImageSize size,
                        Targets& current, const Output& output,
                        const Buffers& memory, Device device) const {
  const ChainLink& link = *pass.link;
  const auto images = [&](const Tensor& buffer) {
    return images_in(buffer, part.place, part.count, size);
  };
  const Tensor from =
      link.place == 0 ? current.images : images(memory.links[link.place % 2]);
  Output next = output;
  next.images = images(memory.links[(link.place + 1) % 2]);
  next.masks = {};
  const Tensor blend = images(memory.blend);
  const Buffers own = memory.of(part.first, part.count);
  if (device != Device::cuda) find_steps(pass, size, own);
  run(pass, {.images = from, .masks = {}}, next, own, device);
  if (link.ends_chain()) {
    blend_in(device, own.parts, current.images, next.images,
             link.chain == 0 ? current.images : blend, blend, memory.gpu);
  }
  if (link.ends()) current.images = blend;
}

void Pipeline::run_passes(std::size_t count, const Part& part,
                          const Targets& input, const Output& output,
                          const Buffers& memory, Device device) const {
  ImageSize size{.height = input.images.shape()[1],
                 .width = input.images.shape()[2]};
  Targets current{.images = part_of(input.images, part.first, part.count),
                  .masks = part_of(input.masks, part.first, part.count)};
  std::size_t turn = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Buffers own_of_pass = memory.of_pass(i);
    if (pass(i).link) {
      run_link(pass(i), part, size, current, output, own_of_pass, device);
      continue;
    }
    const Buffers own = own_of_pass.of(part.first, part.count);
    const ImageSize before = size;
    size = output_size(pass(i), size);
    Output next = output;
    if (i + 1 < count) {
      const Targets& between = memory.between[turn++ % 2];
      next.images = images_in(between.images, part.place, part.count, size);
      next.masks = images_in(between.masks, part.place, part.count, size);
    } else {
      next.images = part_of(output.images, part.first, part.count);
      next.masks = part_of(output.masks, part.first, part.count);
    }
    if (device != Device::cuda) find_steps(pass(i), before, own);
    run(pass(i), current, next, own, device);
    current = {.images = next.images, .masks = next.masks};
  }
}

// Several passes over a sample find it in the caches if they follow on each
// other, and if all samples that a thread takes use the same memory between
// them. Mixing needs the whole batch between two passes; and of fewer samples
// than threads, each is divided among them by the passes.
void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, void* workspace,
                     Device device) const {
  check(*this, input, key, output);
  const Buffers memory = buffers(input, static_cast<std::byte*>(workspace));
  const Shape& shape = input.images.shape();
  draw(key, memory.table);
  if (needs_boxes()) {
    fit(key.annotations, {.height = shape[1], .width = shape[2]}, memory.table);
  }
  const std::size_t count = pass_count(output);
  const std::int64_t samples = shape[0];
  const std::int64_t shares = std::min<std::int64_t>(thread_count(), samples);
  const bool by_sample = !mixes() && shares == thread_count() &&
                         (count > 1 || passes_.back().works_in_place());
  if (!by_sample) {
    run_passes(count, {.count = samples}, input, output, memory, device);
    return;
  }
  in_shares(shares, [&](std::int64_t share) {
    const std::int64_t last = samples * (share + 1) / shares;
    for (std::int64_t n = samples * share / shares; n < last; ++n) {
      run_passes(count, {.first = n, .count = 1, .place = share}, input, output,
                 memory, device);
    }
  });
}

void Pipeline::apply(const Targets& input, const BatchKey& key,
                     const Output& output, Workspace& workspace,
                     Device device) const {
  if (device == Device::cuda) {
    return apply_on_gpu(input, key, output, workspace);
  }
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

}  // namespace lathe::augment
