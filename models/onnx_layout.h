#pragma once

#include <array>

#include "core/tensor.h"

namespace lathe::models {

/// Which axis of a tensor of four each axis of a transposed one is.
using AxisOrder = std::array<std::size_t, 4>;

/// (N, H, W, C) to (N, C, H, W), as ONNX has images.
inline constexpr AxisOrder kChannelsFirst = {0, 3, 1, 2};
/// And back.
inline constexpr AxisOrder kChannelsLast = {0, 2, 3, 1};
/// Kernels as ONNX has them, (F, C / groups, kernel height, kernel width).
inline constexpr AxisOrder kKernelOrder = {3, 2, 0, 1};

/// Whether it has four axes.
inline bool is_image(const Shape& shape) {
  return shape.rank() == 4;
}

/// Whether an image's channels may be first or last, as it is the same memory.
inline bool has_one_order(const Shape& image) {
  return image[3] == 1 || image[1] * image[2] == 1;
}

/// The extents of a value in ONNX: an image's channels come first.
Shape onnx_shape(const Shape& shape);
/// The place of an axis of such a value there.
std::int64_t onnx_axis(const Shape& shape, std::size_t axis);

/// A copy of a float32 tensor of four axes, in that order.
Tensor transposed(const Tensor& tensor, const AxisOrder& order);

/// The shape with a first axis that is free, -1.
Shape with_free_batch(const Shape& shape);

}  // namespace lathe::models
