#include "core/compiler/arena.h"

#include <utility>

#include "core/cuda/memory.h"
#include "core/large_pages.h"

namespace lathe {

void Arena::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  base_.reset();
  bytes_ = 0;
  last_user_ = nullptr;
  base_ = device_ == Device::cuda ? cuda::device_memory(bytes)
                                  : large_pages("arena", bytes);
  bytes_ = bytes;
}

bool Arena::claim(const void* user) {
  return std::exchange(last_user_, user) == user;
}

}  // namespace lathe
