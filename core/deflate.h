#pragma once

#include <cstdint>

namespace lathe {

/// Deflate can't pack tighter than so many bytes to one (RFC 1951): what claims
/// to hold more is refused before memory is taken for it.
inline constexpr std::uint64_t kMostOfDeflate = 1032;

}  // namespace lathe
