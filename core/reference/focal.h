#pragma once

#include <cmath>

#include "core/host_device.h"

// The CPU and CUDA kernels compute with these, too. q is the probability of
// what is true, and c = -log(q) its crossentropy.
namespace lathe::reference {

/// (1 - q)^gamma, which c is multiplied with.
template <class T>
LATHE_HOST_DEVICE T focal_factor(T c, T gamma) {
  return std::pow(-std::expm1(-c), gamma);
}

/// What the derivatives of c are multiplied with:
/// (1 - q)^gamma + gamma q (1 - q)^(gamma - 1) c.
template <class T>
LATHE_HOST_DEVICE T focal_slope(T c, T gamma) {
  const T rest = -std::expm1(-c);
  // c / (1 - q) is 1 where q is.
  const T ratio = rest > 0 ? c / rest : 1;
  return std::pow(rest, gamma) * (1 + gamma * (1 - rest) * ratio);
}

}  // namespace lathe::reference
