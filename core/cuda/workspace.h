#pragma once

#include <cstddef>
#include <cstdint>

namespace lathe::cuda {

/// What NVIDIA's libraries want a workspace's address to be a multiple of, in
/// bytes.
inline constexpr std::size_t kWorkspaceAlignment = 256;

/// So many bytes that an aligned workspace of `bytes` is in any of them.
constexpr std::size_t workspace_to_align(std::size_t bytes) {
  return bytes == 0 ? 0 : bytes + kWorkspaceAlignment;
}

/// The first aligned address from there.
inline void* align_workspace(void* workspace) {
  const auto address = reinterpret_cast<std::uintptr_t>(workspace);
  return reinterpret_cast<void*>((address + kWorkspaceAlignment - 1) /
                                 kWorkspaceAlignment * kWorkspaceAlignment);
}

}  // namespace lathe::cuda
