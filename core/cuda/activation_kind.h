#pragma once

#include <type_traits>

#include "core/error.h"
#include "core/graph/operations/activation.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Calls make_kernel with the kind as a type's value. What is stored as T has
/// no sigmoid where it is BFloat16: graph::bfloat16_values.
template <class T = float, class Make>
Kernel with_kind(graph::ActivationKind kind, Make make_kernel) {
  using graph::ActivationKind;
  using enum ActivationKind;
  switch (kind) {
    case linear:
      return make_kernel(std::integral_constant<ActivationKind, linear>{});
    case relu:
      return make_kernel(std::integral_constant<ActivationKind, relu>{});
    case sigmoid:
      if constexpr (std::is_same_v<T, float>) {
        return make_kernel(std::integral_constant<ActivationKind, sigmoid>{});
      }
      break;
    case swish:
      return make_kernel(std::integral_constant<ActivationKind, swish>{});
    case tanh:
      return make_kernel(std::integral_constant<ActivationKind, tanh>{});
  }
  fail("activation: no kernel for ", name_of(kind), " in ", dtype_of<T>);
}

}  // namespace lathe::cuda
