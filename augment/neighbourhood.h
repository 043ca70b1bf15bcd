#pragma once

#include <cmath>
#include <string_view>

#include "augment/factor.h"
#include "core/augmentation/stencil.h"

namespace lathe::augment {

/// Throws Error unless both ends are odd, from 3 to 63.
inline void check_kernel_size(std::string_view what, const Range& size) {
  size.check(what, 3, kMostKernelSize);
  const auto odd = [](float number) { return std::fmod(number, 2.0F) == 1; };
  if (!odd(size.low) || !odd(size.high)) {
    fail(what, " is ", size.low, " to ", size.high,
         "; a kernel has a pixel in the middle, so these must be odd");
  }
}

/// One of the odd numbers of a range, all as likely.
inline float draw_kernel_size(Philox& random, const Range& size) {
  const auto sizes = static_cast<std::uint32_t>((size.high - size.low) / 2) + 1;
  return size.low + 2 * static_cast<float>(random.below(sizes));
}

/// Throws Error for FillMode::wrap: what is on the other side of an image is no
/// neighbour.
inline void check_neighbours(std::string_view what, FillMode mode) {
  if (mode == FillMode::wrap) {
    fail(what, " is wrap; it must be constant, nearest, reflect or mirror");
  }
}

}  // namespace lathe::augment
