#include "core/compiler/arena.h"

#include <sys/mman.h>

#include <utility>

#include "core/cuda/memory.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe {

namespace {

std::shared_ptr<void> host_memory(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail("arena: no memory for ", bytes,
         " bytes; a smaller batch or image size needs less");
  }
  // In large pages, where there are some: of the usual ones a step meets more
  // than the processor remembers the places of.
  madvise(memory, bytes, MADV_HUGEPAGE);
  auto* const pages = static_cast<std::byte*>(memory);
  constexpr std::int64_t kPage = 4096;
  parallel_ranges(static_cast<std::int64_t>(bytes), kPage,
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; i += kPage) {
                      pages[i] = std::byte{0};
                    }
                  });
  return {memory, [bytes](void* m) { munmap(m, bytes); }};
}

}  // namespace

void Arena::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  base_.reset();
  bytes_ = 0;
  last_user_ = nullptr;
  base_ =
      device_ == Device::cuda ? cuda::device_memory(bytes) : host_memory(bytes);
  bytes_ = bytes;
}

bool Arena::claim(const void* user) {
  return std::exchange(last_user_, user) == user;
}

}  // namespace lathe
