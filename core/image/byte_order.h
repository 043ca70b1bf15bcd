#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lathe::image {

/// The number of four bytes from `at` on, which must be there.
inline std::uint32_t big_endian(std::span<const std::uint8_t> bytes,
                                std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}
inline std::uint32_t little_endian(std::span<const std::uint8_t> bytes,
                                   std::size_t at) {
  return std::uint32_t{bytes[at + 3]} << 24 |
         std::uint32_t{bytes[at + 2]} << 16 |
         std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at]};
}

}  // namespace lathe::image
