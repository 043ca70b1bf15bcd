#pragma once

#include <algorithm>
#include <cstdint>

#include "core/cpu/convolution.h"

namespace lathe::cpu {

/// Lines of an image of few channels, as products of matrices take them: the
/// pixels and channels that a row of a window meets are neighbours, and the
/// next window's lie a stride further, which is a matrix as it is.
struct ShallowLines {
  ConvolutionShape shape;

  /// Pixels of a line that windows meet, with the padding.
  std::int64_t met() const {
    return (shape.result.width - 1) * shape.window.strides.width +
           shape.window.kernel.width;
  }
  /// Elements between a window and the next.
  std::int64_t stride() const {
    return shape.window.strides.width * shape.channels;
  }
  /// Elements of a window's row, and of its weights.
  std::int64_t row() const {
    return shape.window.kernel.width * shape.channels;
  }
  std::int64_t row_weights() const { return row() * shape.filters; }
  /// Elements of a line with the padding.
  std::int64_t elements() const { return met() * shape.channels; }

  /// The line that row i of the windows of result row `row`, counted over all
  /// images, meets; null outside the image.
  const float* met_line(std::int64_t row, std::int64_t i,
                        const float* images) const {
    const std::int64_t image = row / shape.result.height;
    const std::int64_t line =
        row % shape.result.height * shape.window.strides.height -
        shape.window.padding.top + i;
    if (line < 0 || line >= shape.image.height) return nullptr;
    return images + (image * shape.image.height + line) * shape.image.width *
                        shape.channels;
  }

  /// The line from the first pixel that a window meets, which may be padding;
  /// that is zero in `scratch` already.
  const float* padded(const float* x, float* scratch) const {
    if (shape.window.padding.left == 0 && met() <= shape.image.width) return x;
    pad(x, scratch);
    return scratch;
  }

  /// Copies the line x to a padded one, whose padding is left as it is.
  void pad(const float* x, float* to) const {
    const std::int64_t left = shape.window.padding.left;
    const std::int64_t count = std::min(shape.image.width, met() - left);
    if (count > 0) {
      std::copy_n(x, count * shape.channels, to + left * shape.channels);
    }
  }
};

}  // namespace lathe::cpu
