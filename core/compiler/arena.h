#pragma once

#include <cstddef>
#include <memory>

#include "core/device.h"

namespace lathe {

/// One block of a device's memory that executables lay their values out in. It
/// grows when something is compiled into it, never while running, and is
/// touched at once, so that no step pays for page faults.
class Arena {
 public:
  explicit Arena(Device device) : device_(device) {}

  /// Makes the block at least that large; its contents are lost if it moves.
  void reserve(std::size_t bytes);

  /// Whether nobody else has used the block since `user` last did, so what he
  /// left in it is still there. From now on he is its last user.
  bool claim(const void* user);

  std::byte* base() const { return static_cast<std::byte*>(base_.get()); }
  std::size_t bytes() const { return bytes_; }

 private:
  Device device_;
  std::shared_ptr<void> base_;
  std::size_t bytes_ = 0;
  const void* last_user_ = nullptr;
};

}  // namespace lathe
