#include "models/flips.h"

#include <cstring>

#include "core/error.h"
#include "core/parallel.h"

namespace lathe::models {

Tensor flipped(const Tensor& images, bool horizontally, bool vertically) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4) {
    fail("flipped: ", shape, "; images are (N, H, W, C)");
  }
  const Tensor result = Tensor::uninitialized(shape, images.dtype());
  const std::int64_t height = shape[1];
  const std::int64_t width = shape[2];
  const std::size_t pixel =
      static_cast<std::size_t>(shape[3]) * size_of(images.dtype());
  const std::size_t stride = static_cast<std::size_t>(width) * pixel;
  const auto* from = static_cast<const std::byte*>(images.raw());
  auto* to = static_cast<std::byte*>(result.raw());
  parallel_tasks(shape[0] * height, [=](std::int64_t row) {
    const std::int64_t y = row % height;
    const std::int64_t source = vertically ? row - y + height - 1 - y : row;
    const std::byte* in = from + static_cast<std::size_t>(source) * stride;
    std::byte* out = to + static_cast<std::size_t>(row) * stride;
    if (!horizontally) {
      std::memcpy(out, in, stride);
      return;
    }
    for (std::size_t x = stride; x > 0; out += pixel) {
      x -= pixel;
      std::memcpy(out, in + x, pixel);
    }
  });
  return result;
}

Tensor predict_flips(const Tensor& images,
                     const std::function<Tensor(const Tensor&)>& predict) {
  Tensor mean;
  for (const bool vertically : {false, true}) {
    for (const bool horizontally : {false, true}) {
      Tensor one = predict(flipped(images, horizontally, vertically));
      const Shape& shape = one.shape();
      if (shape.rank() == 4 && shape[1] == images.shape()[1] &&
          shape[2] == images.shape()[2]) {
        one = flipped(one, horizontally, vertically);
      }
      if (mean.empty()) mean = Tensor(shape);
      const float* value = one.data<float>();
      for (float& sum : mean.values<float>()) sum += 0.25F * *value++;
    }
  }
  return mean;
}

}  // namespace lathe::models
