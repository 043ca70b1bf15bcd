#pragma once

#include <cstdint>
#include <string_view>

#include "core/error.h"
#include "core/philox.h"
#include "core/tensor.h"

namespace lathe::cuda {

/// Division of numbers below 2^31 by one that is known before, as a
/// multiplication and a shift (Granlund and Montgomery, "Division by invariant
/// integers using multiplication", 1994).
class Divisor {
 public:
  Divisor() = default;
  /// `value` is below 2^31; 0, the extent of an empty tensor, counts as 1.
  explicit Divisor(std::int64_t value)
      : value_(value == 0 ? 1 : static_cast<std::uint32_t>(value)) {
    while ((std::uint64_t{1} << shift_) < value_) ++shift_;
    const std::uint64_t excess = (std::uint64_t{1} << shift_) - value_;
    multiplier_ = static_cast<std::uint32_t>((excess << 32) / value_ + 1);
  }

  LATHE_HOST_DEVICE std::uint32_t value() const { return value_; }
  LATHE_HOST_DEVICE std::uint32_t quotient(std::uint32_t n) const {
    const auto high =
        static_cast<std::uint32_t>((std::uint64_t{n} * multiplier_) >> 32);
    return (high + n) >> shift_;
  }
  LATHE_HOST_DEVICE std::uint32_t remainder(std::uint32_t n) const {
    return n - quotient(n) * value_;
  }

 private:
  std::uint32_t value_ = 1;
  std::uint32_t multiplier_ = 1;
  std::uint32_t shift_ = 0;
};

/// Throws Error naming `operation` where a tensor has 2^31 elements or more,
/// which kernels that divide by a Divisor don't count.
inline void require_index(std::string_view operation, const TensorSpec& spec) {
  if (spec.shape.elements() >= std::int64_t{1} << 31) {
    fail(operation, ": takes fewer than 2^31 elements at once on a GPU, not ",
         spec, "; use a smaller batch");
  }
}

/// Throws Error naming `operation` unless the elements are float32.
inline void require_float32(std::string_view operation,
                            const TensorSpec& spec) {
  if (spec.dtype != DType::float32) {
    fail(operation, ": computes in float32 on a GPU, not in ", spec.dtype);
  }
}

}  // namespace lathe::cuda
