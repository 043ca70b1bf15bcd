#pragma once

#include <initializer_list>
#include <vector>

#include "core/philox.h"
#include "core/tensor.h"

namespace lathe::testing {

/// Numbers and choices from a seed, for tests that draw what they test.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_({.seed = seed}) {}

  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + random_.below(static_cast<std::uint32_t>(high - low + 1));
  }
  bool one_in(std::uint32_t count) { return random_.below(count) == 0; }
  template <class T>
  T among(const std::vector<T>& choices) {
    return choices[random_.below(static_cast<std::uint32_t>(choices.size()))];
  }
  std::int64_t among(std::initializer_list<std::int64_t> choices) {
    return among(std::vector<std::int64_t>(choices));
  }
  double uniform() { return random_.uniform(); }
  /// A float32 tensor, uniform in [low, high).
  Tensor tensor(const Shape& shape, double low, double high) {
    const Tensor result(shape);
    for (float& value : result.values<float>()) {
      value =
          random_.uniform(static_cast<float>(low), static_cast<float>(high));
    }
    return result;
  }

 private:
  Philox random_;
};

}  // namespace lathe::testing
