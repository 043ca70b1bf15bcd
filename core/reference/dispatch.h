#pragma once

#include <string_view>

#include "core/error.h"
#include "core/kernel.h"

namespace lathe::reference {

/// Calls make(T{}) with T the element type, float or double.
template <class Make>
Kernel dispatch(std::string_view operation, DType dtype, Make make) {
  switch (dtype) {
    case DType::float32:
      return make(float{});
    case DType::float64:
      return make(double{});
    case DType::bfloat16:
    case DType::uint8:
    case DType::int32:
    case DType::int64:
      break;
  }
  fail(operation, ": computes in float32 or float64, not in ", dtype);
}

}  // namespace lathe::reference
