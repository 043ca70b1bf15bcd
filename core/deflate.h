#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace lathe {

/// Deflate can't pack tighter than so many bytes to one (RFC 1951): what claims
/// to hold more is refused before memory is taken for it.
inline constexpr std::uint64_t kMostOfDeflate = 1032;

/// Unpacks what zlib packed (RFC 1950) into `to`: how many bytes it was, or
/// none where it is damaged or more than there is room for.
std::optional<std::size_t> unpack(std::span<const std::uint8_t> packed,
                                  std::span<std::uint8_t> to);

}  // namespace lathe
