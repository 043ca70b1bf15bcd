#pragma once

#include <string_view>

#include "augment/matrix.h"
#include "core/error.h"

namespace lathe::augment {

/// Throws Error unless both extents are from 1 to 2^15, so that positions
/// are exact in float32.
inline void check_size(std::string_view what, const ImageSize& size) {
  constexpr std::int64_t kLargest = 1 << 15;
  if (size.height >= 1 && size.height <= kLargest && size.width >= 1 &&
      size.width <= kLargest) {
    return;
  }
  fail(what, " is ", size.height, " x ", size.width,
       "; height and width must be 1 to ", kLargest, " pixels");
}

/// Throws Error for an image that has no such window.
inline void check_window(std::string_view operation, const ImageSize& window,
                         const ImageSize& size) {
  if (size.height >= window.height && size.width >= window.width) return;
  fail(operation, ": images of ", size.height, " x ", size.width,
       "; they have no window of ", window.height, " x ", window.width,
       " (resize or pad first)");
}

/// Shows an image from its pixel (left, top) on.
inline Matrix window_at(std::int64_t left, std::int64_t top) {
  return {{1, 0, static_cast<double>(left),  //
           0, 1, static_cast<double>(top),   //
           0, 0, 1}};
}

}  // namespace lathe::augment
