#include "models/onnx_layout.h"

namespace lathe::models {
namespace {

Shape reordered(const Shape& shape, const AxisOrder& order) {
  return {shape[order[0]], shape[order[1]], shape[order[2]], shape[order[3]]};
}

}  // namespace

Shape onnx_shape(const Shape& shape) {
  return is_image(shape) ? reordered(shape, kChannelsFirst) : shape;
}

std::int64_t onnx_axis(const Shape& shape, std::size_t axis) {
  // What comes last to whoever puts channels last is where it came from.
  return static_cast<std::int64_t>(is_image(shape) ? kChannelsLast.at(axis)
                                                   : axis);
}

Tensor transposed(const Tensor& tensor, const AxisOrder& order) {
  const Shape& from = tensor.shape();
  const Tensor result(reordered(from, order));
  const Shape& to = result.shape();
  const Shape steps = reordered(
      {from[1] * from[2] * from[3], from[2] * from[3], from[3], 1}, order);
  const auto* source = tensor.data<float>();
  auto* target = result.data<float>();
  for (std::int64_t i = 0; i < to[0]; ++i) {
    for (std::int64_t j = 0; j < to[1]; ++j) {
      for (std::int64_t k = 0; k < to[2]; ++k) {
        for (std::int64_t l = 0; l < to[3]; ++l) {
          *target++ =
              source[i * steps[0] + j * steps[1] + k * steps[2] + l * steps[3]];
        }
      }
    }
  }
  return result;
}

Shape with_free_batch(const Shape& shape) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  extents[0] = -1;
  return Shape(std::move(extents));
}

}  // namespace lathe::models
