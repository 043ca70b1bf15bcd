#include "core/deflate.h"

#include <libdeflate.h>

#include <memory>
#include <new>

namespace lathe {
namespace {

struct Closer {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

}  // namespace

std::optional<std::size_t> unpack(std::span<const std::uint8_t> packed,
                                  std::span<std::uint8_t> to) {
  const std::unique_ptr<libdeflate_decompressor, Closer> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  std::size_t unpacked = 0;
  if (libdeflate_zlib_decompress(decompressor.get(), packed.data(),
                                 packed.size(), to.data(), to.size(),
                                 &unpacked) != LIBDEFLATE_SUCCESS) {
    return std::nullopt;
  }
  return unpacked;
}

}  // namespace lathe
