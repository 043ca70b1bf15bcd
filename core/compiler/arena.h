#pragma once

#include <cstddef>
#include <memory>

namespace lathe {

/// One block of host memory that executables lay their values out in. It grows
/// when something is compiled into it, never while running, and is touched at
/// once, so that no step pays for page faults.
class Arena {
 public:
  /// Makes the block at least that large; its contents are lost if it moves.
  void reserve(std::size_t bytes);

  std::byte* base() const { return base_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Unmap {
    std::size_t bytes = 0;
    void operator()(std::byte* memory) const;
  };

  std::unique_ptr<std::byte[], Unmap> base_{nullptr, Unmap{}};
  std::size_t bytes_ = 0;
};

}  // namespace lathe
