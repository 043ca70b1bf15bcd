#pragma once

#include <cmath>
#include <string_view>

#include "augment/factor.h"
#include "core/error.h"
#include "core/philox.h"

namespace lathe::augment {

/// Throws Error unless p is a probability.
inline void check_probability(std::string_view what, float p) {
  if (!(p >= 0 && p <= 1)) {
    fail(what, " is ", p, "; it must lie within 0 to 1");
  }
}

/// 1 with probability p, else 0.
inline float chance(Philox& random, float p) {
  return random.uniform() < p ? 1.0F : 0.0F;
}

/// A seed for the noise of core/augmentation/noise.h, which a float holds.
inline float noise_seed(Philox& random) {
  return static_cast<float>(random.next() >> 8);
}

/// A whole number from a range with both ends, all as likely.
inline float draw_whole(Philox& random, const Factor& range) {
  const auto numbers = static_cast<std::uint32_t>(range.high - range.low) + 1;
  return range.low + static_cast<float>(random.below(numbers));
}

/// Throws Error unless both ends are whole numbers.
inline void check_whole(std::string_view what, const Factor& range) {
  if (range.low != std::round(range.low) ||
      range.high != std::round(range.high)) {
    fail(what, " is ", range.low, " to ", range.high,
         "; it must be a whole number or a range of them");
  }
}

}  // namespace lathe::augment
