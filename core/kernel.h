#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/precision.h"
#include "core/tensor.h"

namespace lathe {

/// What a kernel is built for: the specs of one node's values. Inputs that the
/// node leaves out (a bias) are not in the list.
struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  /// tf32 where a GPU may round factors in float32 to that. Which values are
  /// bfloat16 is for their specs to say.
  Precision precision = Precision::fp32;
  /// Whether a CPU may compute convolutions by Winograd's algorithm.
  bool winograd = true;
  /// Whether it may multiply float32 by digits (cpu/digit_product.h).
  bool digits = true;
};

/// The memory of one call, in the signature's order. The workspace holds
/// Kernel::workspace_bytes bytes, 64-byte aligned and undefined at the start.
/// The stream is CUDA's (cudaStream_t), and null on other devices.
struct KernelArguments {
  std::span<void* const> inputs;
  std::span<void* const> outputs;
  void* workspace = nullptr;
  void* stream = nullptr;

  template <class T>
  const T* input(std::size_t i) const {
    return static_cast<const T*>(inputs[i]);
  }
  /// An input that the operation writes in place.
  template <class T>
  T* written(std::size_t i) const {
    return static_cast<T*>(inputs[i]);
  }
  template <class T>
  T* output(std::size_t i) const {
    return static_cast<T*>(outputs[i]);
  }
};

/// A node made ready: everything that can be decided or built before the first
/// step is. Running it allocates nothing, and throws only where a GPU fails.
struct Kernel {
  std::function<void(const KernelArguments&)> run;
  std::size_t workspace_bytes = 0;
  /// What was chosen, for summaries: "brgemm:avx512_core", "own".
  std::string implementation = "own";
};

}  // namespace lathe
