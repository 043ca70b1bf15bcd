#pragma once

#include "core/graph/operations/activation.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// y = f(y + bias), with a bias for each of the `channels` that `count`
/// elements are of; null adds none.
struct ConvolutionEpilogue {
  std::int64_t count = 0;
  std::int64_t channels = 1;
  graph::ActivationKind activation = graph::ActivationKind::linear;

  /// T is float or BFloat16.
  template <class T>
  void run(const KernelArguments& call, const T* bias, T* y) const;
};

}  // namespace lathe::cuda
