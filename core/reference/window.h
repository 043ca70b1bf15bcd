#pragma once

#include "core/graph/operations/convolution.h"

namespace lathe::reference {

/// Calls visit(tap, pixel) for every element of the window at (row, column) of
/// the result that lies inside the image: tap = its row * kernel width + its
/// column, pixel = the image's row * width + column.
template <class Visit>
void for_each_tap(const graph::Window2D& window, graph::Size2D image,
                  std::int64_t row, std::int64_t column, Visit visit) {
  const std::int64_t top = row * window.strides.height - window.padding.top;
  const std::int64_t left = column * window.strides.width - window.padding.left;
  for (std::int64_t i = 0; i < window.kernel.height; ++i) {
    const std::int64_t y = top + i * window.dilation.height;
    if (y < 0 || y >= image.height) continue;
    for (std::int64_t j = 0; j < window.kernel.width; ++j) {
      const std::int64_t x = left + j * window.dilation.width;
      if (x < 0 || x >= image.width) continue;
      visit(i * window.kernel.width + j, y * image.width + x);
    }
  }
}

/// Calls visit(place, pixel, tap) for every place of all results and every
/// element of its window: place and pixel count through the whole batch.
template <class Visit>
void for_each_pair(const graph::Window2D& window, const Shape& image,
                   const Shape& result, Visit visit) {
  for (std::int64_t n = 0; n < result[0]; ++n) {
    for (std::int64_t row = 0; row < result[1]; ++row) {
      for (std::int64_t column = 0; column < result[2]; ++column) {
        const std::int64_t place = (n * result[1] + row) * result[2] + column;
        for_each_tap(window, {.height = image[1], .width = image[2]}, row,
                     column, [&](std::int64_t tap, std::int64_t pixel) {
                       visit(place, n * image[1] * image[2] + pixel, tap);
                     });
      }
    }
  }
}

}  // namespace lathe::reference
