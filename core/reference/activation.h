#pragma once

#include <cmath>
#include <type_traits>

#include "core/graph/operations/activation.h"
#include "core/philox.h"

// The CUDA kernels compute with these, too.
namespace lathe::reference {

/// On a GPU float's relative error is at most (|x| + 2) 2^-23, and what is
/// below 2^-126 is zero.
template <class T>
LATHE_HOST_DEVICE T sigmoid(T x) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, float>) {
    return __fdividef(1.0F, 1.0F + __expf(-x));
  }
#endif
  return 1 / (1 + std::exp(-x));
}

/// f(x).
template <class T>
LATHE_HOST_DEVICE T activate(graph::ActivationKind kind, T x) {
  switch (kind) {
    case graph::ActivationKind::linear:
      return x;
    case graph::ActivationKind::relu:
      return x < 0 ? 0 : x;
    case graph::ActivationKind::sigmoid:
      return sigmoid(x);
    case graph::ActivationKind::swish:
      return x * sigmoid(x);
    case graph::ActivationKind::tanh:
      return std::tanh(x);
  }
  return x;
}

/// f'(x), from what ActivationGradient is given: x for swish, else y = f(x).
template <class T>
LATHE_HOST_DEVICE T slope(graph::ActivationKind kind, T known) {
  switch (kind) {
    case graph::ActivationKind::linear:
      return 1;
    case graph::ActivationKind::relu:
      return known > 0 ? 1 : 0;
    case graph::ActivationKind::sigmoid:
      return known * (1 - known);
    case graph::ActivationKind::swish: {
      const T s = sigmoid(known);
      return s * (1 + known * (1 - s));
    }
    case graph::ActivationKind::tanh:
      return 1 - known * known;
  }
  return 1;
}

/// f'(x), from x.
template <class T>
LATHE_HOST_DEVICE T slope_at(graph::ActivationKind kind, T x) {
  return slope(kind,
               kind == graph::ActivationKind::swish ? x : activate(kind, x));
}

}  // namespace lathe::reference
