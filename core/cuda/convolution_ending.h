#pragma once

#include "core/cuda/vector.h"
#include "core/reference/activation.h"

namespace lathe::cuda {

/// What follows the sums: f(sum + bias [+ r]), with null for what isn't there.
template <class T>
struct ConvolutionEnding {
  const T* bias = nullptr;
  const T* r = nullptr;
  graph::ActivationKind activation = graph::ActivationKind::linear;

  /// Of an operation whose inputs before these are two.
  template <class Operation>
  static ConvolutionEnding of(const Operation& operation,
                              const KernelArguments& call) {
    const std::size_t count = call.inputs.size();
    const bool has_bias = count > (operation.residual ? 3 : 2);
    return {.bias = has_bias ? call.input<T>(2) : nullptr,
            .r = operation.residual ? call.input<T>(count - 1) : nullptr,
            .activation = operation.activation};
  }

  /// Stores the sums of the channels from `channel` on to y[at]; r may be y.
  template <int kCount>
  __device__ void finish(Vector<float, kCount> sums, std::uint32_t channel,
                         std::uint32_t at, T* y) const {
    if (bias != nullptr) {
      const auto added = load<kCount>(bias + channel);
      for (int k = 0; k < kCount; ++k) sums[k] += added[k];
    }
    if (r != nullptr) {
      const auto added = load<kCount>(r + at);
      for (int k = 0; k < kCount; ++k) sums[k] += added[k];
    }
    store(activated(sums), y + at);
  }

 private:
  // A branch for all elements.
  template <int kCount>
  __device__ Vector<float, kCount> activated(
      const Vector<float, kCount>& sums) const {
    using enum graph::ActivationKind;
    switch (activation) {
      case linear:
        break;
      case relu:
        return activated<relu>(sums);
      case sigmoid:
        return activated<sigmoid>(sums);
      case swish:
        return activated<swish>(sums);
      case tanh:
        return activated<tanh>(sums);
    }
    return sums;
  }
  template <graph::ActivationKind kKind, int kCount>
  __device__ static Vector<float, kCount> activated(
      Vector<float, kCount> sums) {
    for (int k = 0; k < kCount; ++k) {
      sums[k] = reference::activate(kKind, sums[k]);
    }
    return sums;
  }
};

}  // namespace lathe::cuda
