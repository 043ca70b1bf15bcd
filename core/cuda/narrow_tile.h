#pragma once

#include <numeric>

#include "core/cuda/narrow_convolution.h"
#include "core/cuda/strip.h"
#include "core/cuda/window.h"

namespace lathe::cuda {

/// Sides of the windows that narrow convolutions take.
inline constexpr int kNarrowSize = 3;
inline constexpr int kNarrowTaps = kNarrowSize * kNarrowSize;

/// A thread goes down the rows of a strip of so many columns, at a vector of
/// channels: as many as its registers hold.
constexpr int narrow_strip(int filters) {
  return filters == 1 ? 8 : 4;
}

/// A convolution of an image (N, H, W, C) to a result (N, H', W', F) with
/// weights (taps, C, F). Passed to kernels by value.
struct Narrow {
  Window window;
  PixelIndex image;
  PixelIndex result;  // at one filter
  std::uint32_t channels;

  /// Throws Error naming `operation` where the tensors are none for the
  /// kernels. `vector`: of channels.
  Narrow(std::string_view operation, const graph::Window2D& window2d,
         const TensorSpec& image_spec, const TensorSpec& result_spec,
         int vector)
      : window(window2d, image_spec.shape, result_spec.shape),
        image(image_spec.shape, vector),
        result(result_spec.shape, 1),
        channels(static_cast<std::uint32_t>(image_spec.shape[3])) {
    require_index(operation, image_spec);
    require_index(operation, result_spec);
  }
};

/// How many channels a thread computes at once where they come in whole
/// vectors. Each has nine weights or sums for every filter in registers, and
/// more of them would leave too few threads to wait for memory.
constexpr int narrow_vector(int filters) {
  return filters == 1 ? kVector : 2;
}

/// Calls make_kernel(filters, vector of channels), both integral_constants.
template <class Make>
Kernel with_narrow_width(const Shape& image, const Shape& result,
                         Make make_kernel) {
  const auto with_filters = [&](auto filters) {
    constexpr int kVectorSize = narrow_vector(filters);
    return image[3] % kVectorSize == 0
               ? make_kernel(filters,
                             std::integral_constant<int, kVectorSize>{})
               : make_kernel(filters, std::integral_constant<int, 1>{});
  };
  switch (result[3]) {
    case 1:
      return with_filters(std::integral_constant<int, 1>{});
    case 2:
      return with_filters(std::integral_constant<int, 2>{});
    case 3:
      return with_filters(std::integral_constant<int, 3>{});
    default:
      return with_filters(std::integral_constant<int, 4>{});
  }
}

/// What a thread multiplies its channels by: the weights of each tap, filter
/// after filter for each channel.
template <int kFilters, int kCount>
struct NarrowTaps {
  static constexpr int kOfTap = kFilters * kCount;
  float values[kNarrowTaps][kOfTap]{};

  /// From `channel` on; zeros beyond the last one.
  template <class T>
  __device__ NarrowTaps(const T* w, std::uint32_t channels,
                        std::uint32_t channel) {
    // As many as are neighbours and aligned alike in every tap.
    constexpr int kAtOnce = std::gcd(kOfTap, kVector);
    if (channel >= channels) return;
    for (std::uint32_t tap = 0; tap < kNarrowTaps; ++tap) {
      const T* from = w + (tap * channels + channel) * kFilters;
      for (int i = 0; i < kOfTap; i += kAtOnce) {
        const auto some = load<kAtOnce>(from + i);
        for (int k = 0; k < kAtOnce; ++k) values[tap][i + k] = some[k];
      }
    }
  }

  __device__ float at(int tap_row, int tap_column, int k, int filter) const {
    return values[tap_row * kNarrowSize + tap_column][k * kFilters + filter];
  }
};

/// What a strip of the image meets in the gradient of the result, at the row
/// that a thread is in: the gradients below each tap of each pixel.
template <class T, int kFilters>
class NarrowGradients {
 public:
  /// For the strip from `row` and `column` of the image on; next() comes
  /// before that row.
  __device__ NarrowGradients(const Narrow& shapes, const T* dy,
                             std::uint32_t image, int row, int column)
      : rows_(shapes.window.rows.places),
        columns_(shapes.window.columns.places),
        row_(row + shapes.window.rows.padding - (kNarrowSize - 1)),
        column_(column + shapes.window.columns.padding - (kNarrowSize - 1)),
        dy_(dy +
            image * static_cast<std::uint32_t>(rows_ * columns_) * kFilters) {
    for (int i = 0; i + 1 < kNarrowSize; ++i) next();
  }

  __device__ void next() {
    for (int i = 0; i + 1 < kNarrowSize; ++i) {
      for (int j = 0; j < kWidth; ++j) values_[i][j] = values_[i + 1][j];
    }
    const bool is_inside = is_below(row_, rows_);
    for (int j = 0; j < kWidth; ++j) {
      values_[kNarrowSize - 1][j] =
          is_inside && is_below(column_ + j / kFilters, columns_)
              ? dy_[(row_ * columns_ + column_) * kFilters + j]
              : 0.0F;
    }
    ++row_;
  }

  /// Below a tap of the strip's pixel `pixel`.
  __device__ float at(int tap_row, int tap_column, int pixel,
                      int filter) const {
    return values_[kNarrowSize - 1 - tap_row]
                  [(pixel + kNarrowSize - 1 - tap_column) * kFilters + filter];
  }

 private:
  static constexpr int kWidth =
      (narrow_strip(kFilters) + kNarrowSize - 1) * kFilters;
  int rows_;
  int columns_;
  int row_;
  int column_;
  const T* dy_;
  float values_[kNarrowSize][kWidth]{};
};

}  // namespace lathe::cuda
