#include "core/compiler/arena.h"

#include <sys/mman.h>

#include "core/error.h"
#include "core/parallel.h"

namespace lathe {

void Arena::Unmap::operator()(std::byte* memory) const {
  munmap(memory, bytes);
}

void Arena::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  base_.reset();
  bytes_ = 0;
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail("arena: no memory for ", bytes,
         " bytes; a smaller batch or image size needs less");
  }
  base_ = std::unique_ptr<std::byte[], Unmap>(static_cast<std::byte*>(memory),
                                              Unmap{bytes});
  bytes_ = bytes;
  constexpr std::int64_t kPage = 4096;
  parallel_ranges(static_cast<std::int64_t>(bytes), kPage,
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; i += kPage) {
                      base_[static_cast<std::size_t>(i)] = std::byte{0};
                    }
                  });
}

}  // namespace lathe
