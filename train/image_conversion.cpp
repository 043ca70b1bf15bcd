#include "train/image_conversion.h"

#include "core/parallel.h"

namespace lathe::train {
namespace {

void convert(const Tensor& images, float scale, const Tensor& result) {
  const std::uint8_t* from = images.data<std::uint8_t>();
  float* to = result.data<float>();
  parallel_ranges(images.elements(), 1 << 16,
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i) {
                      to[i] = static_cast<float>(from[i]) * scale;
                    }
                  });
}

}  // namespace

void ImageConversion::apply(const Tensor& images, float scale,
                            const Tensor& result) {
  const Shape& shape = images.shape();
  if (device_ != Device::cuda || shape.rank() != 4) {
    convert(images, scale, result);
    return;
  }
  sample_ids_.resize(static_cast<std::size_t>(shape[0]));
  pipeline_.apply({.images = images}, {.sample_ids = sample_ids_},
                  {.images = result, .scale = scale}, workspace_, device_);
}

}  // namespace lathe::train
