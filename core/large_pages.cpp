#include "core/large_pages.h"

#include <sys/mman.h>

#include "core/error.h"
#include "core/parallel.h"

namespace lathe {

std::shared_ptr<void> large_pages(const char* operation, std::size_t bytes) {
  if (bytes == 0) return {};
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail(operation, ": no memory for ", bytes,
         " bytes; a smaller batch or image size needs less");
  }
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

}  // namespace lathe
