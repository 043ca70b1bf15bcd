#pragma once

#include <string_view>

namespace lathe::cuda {

/// What convolutions and matrix products compute with: float32 throughout;
/// float32 whose factors are rounded to 10 bits of mantissa (TF32); or bfloat16
/// that is summed in float32.
enum class Precision { fp32, tf32, bf16 };

constexpr std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return "fp32";
    case Precision::tf32:
      return "tf32";
    case Precision::bf16:
      return "bf16";
  }
  return "unknown";
}

}  // namespace lathe::cuda
