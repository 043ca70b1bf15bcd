#include "augment/buffers.h"

#include <algorithm>

namespace lathe::augment {

Pipeline::Buffers Pipeline::buffers(const Targets& input,
                                    std::byte* memory) const {
  Buffers result;
  const auto take = [&](const Shape& shape, DType dtype) -> Tensor {
    const TensorSpec spec{shape, dtype};
    std::byte* at = memory == nullptr ? nullptr : memory + result.bytes;
    result.bytes += aligned(spec.bytes());
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
    if (pass.link) most.link = pass.link;
    size = output_size(pass, size);
    pixels = std::max(pixels, size.height * size.width);
  }
  result.warps = take_steps(most.warps ? 1 : 0, sizeof(Warp));
  result.controls =
      take({shape[0], static_cast<std::int64_t>(controls)}, DType::float32);
  result.colors = take_steps(most.color_steps, sizeof(ColorStep));
  result.filters = take_steps(most.filter_steps, sizeof(FilterStep));
  result.mixes = take_steps(mixes() ? 1 : 0, sizeof(MixStep));
  result.parts = take({shape[0]}, DType::float32);
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
  if (most.link) {
    for (Tensor* each : {&result.links[0], &result.links[1], &result.blend}) {
      *each = take({shape[0], pixels, 1, shape[3]}, DType::float32);
    }
  }
  return result;
}

std::size_t Pipeline::workspace_bytes(const Targets& input) const {
  return buffers(input, nullptr).bytes;
}

}  // namespace lathe::augment
