#pragma once

#include <bit>
#include <cstdint>

#include "core/host_device.h"

namespace lathe {

/// The upper half of a float32: its 8 bits of exponent and 7 of mantissa. A
/// type to store in; computing is done in float32, which it converts to by
/// itself. Converting back rounds to nearest, ties to even, with a relative
/// error of at most 2^-8; what is no number stays none.
struct BFloat16 {
  std::uint16_t bits;

  BFloat16() = default;
  LATHE_HOST_DEVICE explicit BFloat16(float value) {
#ifdef __CUDA_ARCH__
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
#else
    const auto all = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = (all & 0x7FFFFFFFU) > 0x7F800000U;
    // Half of the last place less one, and one more where that is odd.
    const std::uint32_t rounded = all + 0x7FFFU + (all >> 16 & 1U);
    bits =
        static_cast<std::uint16_t>((is_nan ? all | 0x400000U : rounded) >> 16);
#endif
  }

  LATHE_HOST_DEVICE operator float() const {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
  }
};

static_assert(sizeof(BFloat16) == 2);

}  // namespace lathe
