#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lathe::image {

/// Throws Error where a PNG, GIF or BMP ends before its picture does, claims
/// more pixels than its bytes can hold, or where a PNG's checksums don't hold:
/// stb_image shows zeros for what is missing and checks no sums. Says nothing
/// about other files.
void require_complete(std::span<const std::uint8_t> bytes,
                      std::string_view name);

/// Throws Error where so many bytes of pixels can't come from the packed ones,
/// of which each holds at most `expansion`: before memory is taken for them.
void require_room(std::uint64_t claimed, std::uint64_t packed,
                  std::uint64_t expansion, std::string_view name);

}  // namespace lathe::image
