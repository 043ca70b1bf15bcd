#pragma once

#include <string_view>

#include "core/error.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// Throws unless input or output `spec` of the operation is float32.
inline void require_float32(std::string_view operation,
                            const TensorSpec& spec) {
  if (spec.dtype != DType::float32) {
    fail(operation, ": ", spec, " on the CPU, which computes in float32");
  }
}

/// Throws unless it is float32 or bfloat16.
inline void require_element(std::string_view operation,
                            const TensorSpec& spec) {
  if (spec.dtype != DType::bfloat16) require_float32(operation, spec);
}

}  // namespace lathe::cpu
