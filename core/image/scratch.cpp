#include "core/image/scratch.h"

#include <memory>

namespace lathe::image {

std::span<std::uint8_t> scratch(std::size_t bytes) {
  // What a single large picture took is not kept.
  constexpr std::size_t kMostKept = std::size_t{1} << 24;
  thread_local std::unique_ptr<std::uint8_t[]> memory;
  thread_local std::size_t size = 0;
  if (bytes > size || size > kMostKept) {
    memory.reset();
    memory = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
    size = bytes;
  }
  return {memory.get(), bytes};
}

}  // namespace lathe::image
