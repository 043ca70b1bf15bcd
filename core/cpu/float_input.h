#pragma once

#include <algorithm>
#include <type_traits>

#include "core/cpu/workspace.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// An input of a kernel as floats: where it is bfloat16, in the kernel's
/// workspace.
template <class T>
class FloatInput {
 public:
  /// Of `count` elements; 0 where there is no such input.
  FloatInput(std::size_t input, std::int64_t count, WorkspaceLayout& workspace)
      : input_(input), count_(count) {
    if constexpr (!kIsFloat) floats_ = workspace.add<float>(count);
  }

  /// Null where there is no such input.
  const float* in(const KernelArguments& call) const {
    if (count_ == 0) return nullptr;
    const T* values = call.input<T>(input_);
    if constexpr (kIsFloat) {
      return values;
    } else {
      float* to = floats_.in(call.workspace);
      std::copy_n(values, count_, to);
      return to;
    }
  }

 private:
  static constexpr bool kIsFloat = std::is_same_v<T, float>;

  std::size_t input_;
  std::int64_t count_;
  WorkspaceArray<float> floats_;
};

}  // namespace lathe::cpu
