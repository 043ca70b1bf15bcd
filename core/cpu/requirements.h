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

}  // namespace lathe::cpu
