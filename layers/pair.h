#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <ostream>

#include "core/graph/operations/convolution.h"

namespace lathe::layers {

/// A height and a width: `3` or `{3, 5}`.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;

  constexpr Pair() = default;
  constexpr Pair(std::int64_t both) : height(both), width(both) {}
  constexpr Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}

  constexpr operator graph::Size2D() const {
    return {.height = height, .width = width};
  }
  constexpr bool operator==(const Pair&) const = default;
};

void to_json(nlohmann::json& json, const Pair& pair);
std::ostream& operator<<(std::ostream& out, const Pair& pair);

}  // namespace lathe::layers
