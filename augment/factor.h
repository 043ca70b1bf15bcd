#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/error.h"
#include "core/philox.h"

namespace lathe::augment {

/// The range that a parameter is drawn from, uniformly. As in Keras, a single
/// number f stands for [-|f|, |f|], and a pair may come in any order.
struct Factor {
  Factor(double factor)
      : low(-std::abs(static_cast<float>(factor))),
        high(std::abs(static_cast<float>(factor))) {}
  Factor(double one, double other)
      : low(static_cast<float>(std::min(one, other))),
        high(static_cast<float>(std::max(one, other))) {}

  float draw(Philox& random) const { return random.uniform(low, high); }

  /// Throws Error unless the range lies within [lowest, highest].
  void check(std::string_view what, float lowest, float highest) const {
    if (low >= lowest && high <= highest) return;
    fail(what, " is ", low, " to ", high, "; it must lie within ", lowest,
         " to ", highest);
  }

  bool operator==(const Factor&) const = default;

  float low;
  float high;
};

/// The same, but that a single number stands for itself.
struct Range : Factor {
  Range(double number) : Factor(number, number) {}
  Range(double one, double other) : Factor(one, other) {}
};

}  // namespace lathe::augment
