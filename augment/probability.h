#pragma once

#include <string_view>

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

}  // namespace lathe::augment
