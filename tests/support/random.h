#pragma once

#include "core/tensor.h"

namespace lathe::testing {

/// A float32 or float64 tensor, uniform in [low, high), from Philox; the same
/// seed gives the same numbers (in float64 those of float32, exactly).
Tensor random_tensor(Shape shape, DType dtype, std::uint64_t seed,
                     double low = -1, double high = 1);

/// A uint8, int32 or int64 tensor, uniform in 0 .. count - 1.
Tensor random_integers(Shape shape, DType dtype, std::uint64_t seed,
                       std::uint32_t count);

}  // namespace lathe::testing
