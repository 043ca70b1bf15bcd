#include "augment/buffers.h"

#include <algorithm>

#include "core/augmentation/stencil.h"

namespace lathe::augment {

/// Tensors one behind the other in somebody's memory, or in none yet.
class Pipeline::Places {
 public:
  explicit Places(std::byte* memory) : memory_(memory) {}

  Tensor take(const Shape& shape, DType dtype) {
    const TensorSpec spec{shape, dtype};
    std::byte* at = memory_ == nullptr ? nullptr : memory_ + bytes_;
    bytes_ += aligned(spec.bytes());
    return {spec, at, nullptr};
  }
  /// So many things of so many bytes for each sample.
  Tensor take(std::int64_t samples, std::size_t count, std::size_t size) {
    return take({samples, static_cast<std::int64_t>(count * size)},
                DType::uint8);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* memory_;
  std::size_t bytes_ = 0;
};

// As many as the pass with the most of each kind has.
void Pipeline::take_parameters(const Shape& images, bool on_gpu, Places& places,
                               Buffers& result) const {
  Pass most;
  std::size_t controls = 0;
  bool neighbours = false;
  ImageSize size{.height = images[1], .width = images[2]};
  for (const Pass& pass : passes_) {
    most.warps = most.warps || pass.warps;
    controls = std::max(controls, warp_controls(pass, size));
    most.color_steps = std::max(most.color_steps, pass.color_steps);
    most.filter_steps = std::max(most.filter_steps, pass.filter_steps);
    neighbours =
        neighbours || std::ranges::any_of(pass.needs, &StepNeeds::neighbours);
    size = output_size(pass, size);
  }
  const std::int64_t samples = images[0];
  const std::size_t stencils = on_gpu && neighbours ? most.filter_steps : 0;
  result.rows = places.take({samples, kRowLength}, DType::float32);
  result.warps = places.take(samples, most.warps ? 1 : 0, sizeof(Warp));
  result.controls = places.take({samples, static_cast<std::int64_t>(controls)},
                                DType::float32);
  result.colors = places.take(samples, most.color_steps, sizeof(ColorStep));
  result.filters = places.take(samples, most.filter_steps, sizeof(FilterStep));
  result.stencils = places.take(samples, stencils, sizeof(Stencils));
  result.mixes = places.take(samples, mixes() ? 1 : 0, sizeof(MixStep));
  result.parts = places.take({samples}, DType::float32);
}

void Pipeline::take_images(const Targets& input, Places& places,
                           Buffers& result) const {
  const Shape& shape = input.images.shape();
  ImageSize size{.height = shape[1], .width = shape[2]};
  std::int64_t pixels = 0;
  bool links = false;
  for (const Pass& pass : passes_) {
    links = links || pass.link;
    size = output_size(pass, size);
    pixels = std::max(pixels, size.height * size.width);
  }
  // After the last pass too, where bytes are made of what it left.
  const std::size_t between =
      passes_.size() - (passes_.back().works_in_place() ? 0 : 1);
  const Shape images{shape[0], pixels, 1, shape[3]};
  for (std::size_t i = 0; i < std::min<std::size_t>(between, 2); ++i) {
    result.between[i].images = places.take(images, DType::float32);
    if (!input.masks.empty()) {
      result.between[i].masks = places.take(
          {shape[0], pixels, 1, input.masks.shape()[3]}, input.masks.dtype());
    }
  }
  if (!links) return;
  for (Tensor* each : {&result.links[0], &result.links[1], &result.blend}) {
    *each = places.take(images, DType::float32);
  }
}

Pipeline::Buffers Pipeline::buffers(const Targets& input,
                                    std::byte* memory) const {
  const Shape& shape = input.images.shape();
  Buffers result;
  Places places(memory);
  result.table = places.take({shape[0], row_length_}, DType::float32);
  take_parameters(shape, false, places, result);
  take_images(input, places, result);
  result.bytes = places.bytes();
  return result;
}

Pipeline::Buffers Pipeline::gpu_buffers(const Targets& input,
                                        std::byte* parameters,
                                        std::byte* gpu) const {
  const Shape& shape = input.images.shape();
  Buffers result;
  Places host(parameters);
  result.table = host.take({shape[0], row_length_}, DType::float32);
  const std::size_t first = host.bytes();
  take_parameters(shape, true, host, result);
  result.pass_bytes = host.bytes() - first;
  // One more for a pass that only converts.
  result.bytes = host.bytes() + passes_.size() * result.pass_bytes;
  Places places(gpu);
  take_images(input, places, result);
  result.gpu = {.host = parameters,
                .workspace = static_cast<std::byte*>(
                    places.take(1, gpu_workspace_bytes(shape), 1).raw())};
  result.gpu_bytes = places.bytes();
  return result;
}

std::size_t Pipeline::gpu_bytes(const Targets& input) const {
  const Buffers sizes = gpu_buffers(input, nullptr, nullptr);
  // Parameters of the next two batches may be on their way there.
  return 3 * sizes.bytes + sizes.gpu_bytes;
}

// Of the pass that needs most; each is done with it when the next one comes.
std::size_t Pipeline::gpu_workspace_bytes(const Shape& images) const {
  std::size_t most = 0;
  ImageSize size{.height = images[1], .width = images[2]};
  for (const Pass& pass : passes_) {
    size = output_size(pass, size);
    const Shape made{images[0], size.height, size.width, images[3]};
    most = std::max({most, resample_bytes(pass.means, {made, DType::uint8}),
                     filter_bytes(pass.needs, made)});
  }
  return most;
}

std::size_t Pipeline::workspace_bytes(const Targets& input) const {
  return buffers(input, nullptr).bytes;
}

}  // namespace lathe::augment
