#pragma once

#include <cstddef>
#include <cstdint>

#include "core/storage.h"

namespace lathe::cpu {

/// A place in a kernel's workspace.
template <class T>
struct WorkspaceArray {
  std::size_t offset = 0;

  T* in(void* workspace) const {
    return reinterpret_cast<T*>(static_cast<std::byte*>(workspace) + offset);
  }
};

/// Lays arrays out one after another, each at a multiple of 64 bytes.
class WorkspaceLayout {
 public:
  template <class T>
  WorkspaceArray<T> add(std::int64_t count) {
    const WorkspaceArray<T> array{bytes_};
    bytes_ += aligned(static_cast<std::size_t>(count) * sizeof(T));
    return array;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace lathe::cpu
