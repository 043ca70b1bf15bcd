#pragma once

#include <type_traits>

#include "core/cuda/convolution_ending.h"
#include "core/cuda/element_type.h"
#include "core/cuda/window.h"

namespace lathe::cuda {

/// So many results side by side in a row a thread holds in registers, while a
/// row of what they are made from passes once by all taps that meet it.
inline constexpr int kDepthwiseTile = 4;

/// A depthwise convolution of an image (N, H, W, C) to a result (N, H', W',
/// C M) with weights (taps, C M): filter f is of channel f / M. Passed to
/// kernels by value.
struct Depthwise {
  Window window;
  PixelIndex image;
  PixelIndex result;
  Divisor multiplier;  // M
  std::uint32_t filters;

  /// Throws Error naming `operation` where the tensors are none for the
  /// kernels. `vector`: of channels.
  Depthwise(std::string_view operation, const graph::Window2D& window2d,
            const TensorSpec& image_spec, const TensorSpec& result_spec,
            int vector)
      : window(window2d, image_spec.shape, result_spec.shape),
        image(image_spec.shape, vector),
        result(result_spec.shape, vector),
        multiplier(result_spec.shape[3] / image_spec.shape[3]),
        filters(static_cast<std::uint32_t>(result_spec.shape[3])) {
    require_index(operation, image_spec);
    require_index(operation, result_spec);
  }
};

/// How many channels a thread can compute at once: a vector where each has one
/// filter and they come in whole vectors.
inline int depthwise_vector(const Shape& image, const Shape& result) {
  return image[3] == result[3] && image[3] % kVector == 0 ? kVector : 1;
}

/// Calls make_kernel(size, stride), both integral_constants, where there is a
/// kernel in tiles: for vectors of channels and windows that graph::is_tiled
/// takes. Others get make_any(vector size as a type's
/// value).
template <class MakeTiled, class MakeAny>
Kernel with_depthwise_window(const graph::Window2D& window, int vector,
                             MakeTiled make_tiled, MakeAny make_any) {
  if (vector == 1) return make_any(std::integral_constant<int, 1>{});
  if (!graph::is_tiled(window)) {
    return make_any(std::integral_constant<int, kVector>{});
  }
  const bool small = window.kernel.height == 3;
  const auto with_stride = [&](auto stride) {
    return small ? make_tiled(std::integral_constant<int, 3>{}, stride)
                 : make_tiled(std::integral_constant<int, 5>{}, stride);
  };
  return window.strides.height == 1
             ? with_stride(std::integral_constant<int, 1>{})
             : with_stride(std::integral_constant<int, 2>{});
}

/// Neighbouring columns of a row at a vector of channels, read without
/// branches, so that none waits for another.
template <int kColumns>
struct DepthwiseRow {
  Vector<float, kVector> values[kColumns]{};

  /// From column `first` on, zeros where the row of `width` columns, each of
  /// `channels`, has none.
  template <class T>
  __device__ DepthwiseRow(const T* row, std::uint32_t channels, int width,
                          int first) {
    for (int i = 0; i < kColumns; ++i) {
      const int column = first + i;
      if (column >= 0 && column < width) {
        values[i] =
            load<kVector>(row + static_cast<std::uint32_t>(column) * channels);
      }
    }
  }

  __device__ const Vector<float, kVector>& operator[](int i) const {
    return values[i];
  }
};

/// sum += a b, element by element.
template <int kCount>
__device__ void add_product(const Vector<float, kCount>& a,
                            const Vector<float, kCount>& b,
                            Vector<float, kCount>& sum) {
  for (int k = 0; k < kCount; ++k) sum[k] += a[k] * b[k];
}

}  // namespace lathe::cuda
