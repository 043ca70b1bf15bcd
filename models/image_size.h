#pragma once

#include <cstdint>

namespace lathe::models {

/// A height and a width in pixels.
struct ImageSize {
  std::int64_t height = 224;
  std::int64_t width = 224;
};

}  // namespace lathe::models
