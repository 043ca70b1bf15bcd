#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/augmentation/sampling.h"

namespace lathe::augment {

/// Extents of an image in pixels.
struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;

  /// The image's middle as a pixel position; the centre of pixel i is at i.
  double center_x() const { return 0.5 * static_cast<double>(width - 1); }
  double center_y() const { return 0.5 * static_cast<double>(height - 1); }

  bool operator==(const ImageSize&) const = default;
};

/// A homogeneous 3x3 matrix that takes an output pixel (x, y, 1) to the input
/// position that it shows, row by row.
struct Matrix {
  std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};
};

/// The matrix of `first` applied to an image, then `second` to the result.
inline Matrix operator*(const Matrix& first, const Matrix& second) {
  Matrix product;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      double sum = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        sum += first.m[row * 3 + k] * second.m[k * 3 + column];
      }
      product.m[row * 3 + column] = sum;
    }
  }
  return product;
}

/// Brings an image from one size to another, edges to edges: the centre of
/// pixel i is at i, and so its edges half a pixel beside.
inline Matrix stretch(const ImageSize& from, const ImageSize& to) {
  const double x =
      static_cast<double>(from.width) / static_cast<double>(to.width);
  const double y =
      static_cast<double>(from.height) / static_cast<double>(to.height);
  return {{x, 0, 0.5 * x - 0.5, 0, y, 0.5 * y - 0.5, 0, 0, 1}};
}

/// The matrix as the eight numbers that resample() takes.
inline std::array<float, kRowLength> row_of(const Matrix& matrix) {
  std::array<float, kRowLength> row{};
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = static_cast<float>(matrix.m[i] / matrix.m[8]);
  }
  return row;
}

}  // namespace lathe::augment
