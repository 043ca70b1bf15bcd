#pragma once

#include <algorithm>

#include "core/cuda/divisor.h"
#include "core/graph/operations/convolution.h"

namespace lathe::cuda {

/// A Window2D over images of (N, H, W, C) and the places (N, H', W', C) it
/// visits, for kernels that take it by value.
struct Window {
  struct Side {
    int kernel;
    int stride;
    int dilation;
    int padding;
    int image;
    int places;
    Divisor by_stride{stride};
    Divisor by_dilation{dilation};
  };

  Side rows;
  Side columns;

  Window(const graph::Window2D& window, const Shape& image, const Shape& places)
      : rows{.kernel = static_cast<int>(window.kernel.height),
             .stride = static_cast<int>(window.strides.height),
             .dilation = static_cast<int>(window.dilation.height),
             .padding = static_cast<int>(window.padding.top),
             .image = static_cast<int>(image[1]),
             .places = static_cast<int>(places[1])},
        columns{.kernel = static_cast<int>(window.kernel.width),
                .stride = static_cast<int>(window.strides.width),
                .dilation = static_cast<int>(window.dilation.width),
                .padding = static_cast<int>(window.padding.left),
                .image = static_cast<int>(image[2]),
                .places = static_cast<int>(places[2])} {}
};

/// Calls visit(tap, pixel in this row or column) for the taps of a place that
/// lie inside the image.
template <class Visit>
LATHE_HOST_DEVICE void for_taps(const Window::Side& side, int place,
                                Visit visit) {
  for (int tap = 0; tap < side.kernel; ++tap) {
    const int at = place * side.stride - side.padding + tap * side.dilation;
    if (at >= 0 && at < side.image) visit(tap, at);
  }
}

/// How many there are.
LATHE_HOST_DEVICE inline int taps_inside(const Window::Side& side, int place) {
  int result = 0;
  for_taps(side, place, [&](int, int) { ++result; });
  return result;
}

/// Calls visit(tap, place), places ascending, for the places that have this
/// pixel under a tap.
template <class Visit>
LATHE_HOST_DEVICE void for_places(const Window::Side& side, int pixel,
                                  Visit visit) {
  const int last = pixel + side.padding;
  const int first = last - (side.kernel - 1) * side.dilation;
  const int begin =
      first > 0 ? side.by_stride.quotient(first + side.stride - 1) : 0;
  const int end = std::min<int>(side.by_stride.quotient(last) + 1, side.places);
  for (int place = begin; place < end; ++place) {
    const int distance = last - place * side.stride;
    const int tap = side.by_dilation.quotient(distance);
    if (tap * side.dilation == distance) visit(tap, place);
  }
}

/// Divides the number of an element of (N, H, W, C), counted in vectors of
/// channels, into its places.
struct PixelIndex {
  struct Place {
    std::uint32_t image;
    int row;
    int column;
    std::uint32_t channel;  // of the first of the vector
  };

  Divisor channels;  // vectors
  Divisor width;
  Divisor height;
  std::uint32_t vector;

  PixelIndex(const Shape& shape, int vector_size)
      : channels(shape[3] / vector_size),
        width(shape[2]),
        height(shape[1]),
        vector(static_cast<std::uint32_t>(vector_size)) {}

  LATHE_HOST_DEVICE Place place(std::uint32_t i) const {
    const std::uint32_t pixel = channels.quotient(i);
    const std::uint32_t row = width.quotient(pixel);
    const std::uint32_t image = height.quotient(row);
    return {.image = image,
            .row = static_cast<int>(row - image * height.value()),
            .column = static_cast<int>(pixel - row * width.value()),
            .channel = (i - pixel * channels.value()) * vector};
  }
  /// Where an element is.
  LATHE_HOST_DEVICE std::uint32_t offset(std::uint32_t image, int row,
                                         int column,
                                         std::uint32_t channel) const {
    const auto pixel =
        (image * height.value() + static_cast<std::uint32_t>(row)) *
            width.value() +
        static_cast<std::uint32_t>(column);
    return pixel * channels.value() * vector + channel;
  }
};

}  // namespace lathe::cuda
