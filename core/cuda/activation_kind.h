#pragma once

#include <type_traits>

#include "core/error.h"
#include "core/graph/operations/activation.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Calls make_kernel with the kind as a type's value.
template <class Make>
Kernel with_kind(graph::ActivationKind kind, Make make_kernel) {
  using graph::ActivationKind;
  using enum ActivationKind;
  switch (kind) {
    case linear:
      return make_kernel(std::integral_constant<ActivationKind, linear>{});
    case relu:
      return make_kernel(std::integral_constant<ActivationKind, relu>{});
    case sigmoid:
      return make_kernel(std::integral_constant<ActivationKind, sigmoid>{});
    case swish:
      return make_kernel(std::integral_constant<ActivationKind, swish>{});
    case tanh:
      return make_kernel(std::integral_constant<ActivationKind, tanh>{});
  }
  fail("activation: unknown kind");
}

}  // namespace lathe::cuda
