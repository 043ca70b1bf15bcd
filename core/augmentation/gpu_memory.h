#pragma once

#include <cstddef>

namespace lathe {

/// What kernels that augment on a GPU have beside tensors, which are views of
/// its memory: rows, warps and steps are in the host's, where they are checked,
/// and kernels read them from a copy.
struct GpuMemory {
  /// The block that they are in, and the GPU's copy of it.
  const std::byte* host = nullptr;
  const std::byte* copy = nullptr;
  /// Undefined contents, 64-byte aligned.
  std::byte* workspace = nullptr;

  template <class T>
  const T* copy_of(const T* parameters) const {
    if (parameters == nullptr) return nullptr;
    const auto* at = reinterpret_cast<const std::byte*>(parameters);
    return reinterpret_cast<const T*>(copy + (at - host));
  }
};

}  // namespace lathe
