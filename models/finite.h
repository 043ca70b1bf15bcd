#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/tensor.h"

namespace lathe::models {

/// Throws Error, beginning with `where`, for a float32 tensor that was read
/// and holds NaN or an infinity, with which a model answers nothing else.
inline void require_finite(const Tensor& tensor, const std::string& where) {
  if (tensor.dtype() != DType::float32) return;
  const auto values = tensor.values<float>();
  const auto bad = std::ranges::find_if(
      values, [](float value) { return !std::isfinite(value); });
  if (bad == values.end()) return;
  fail(where, ": its value ", bad - values.begin(), " is ", *bad,
       "; weights are finite");
}

}  // namespace lathe::models
