#pragma once

#include <cstdint>
#include <span>

namespace lathe::image {

/// Where an output pixel lies between two input pixels, in 256ths.
struct Tap {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::uint32_t weight = 0;
};

/// Writes above (256 - weight) + below weight, for rows of `line`'s length and
/// a weight of up to 256.
void blend_rows(const std::uint8_t* above, const std::uint8_t* below,
                std::uint32_t weight, std::span<std::uint16_t> line);

/// Values that may be read behind a line that blend_columns is given.
inline constexpr std::int64_t kBehindLine = 4;

/// One output row from a row that is already blended vertically, its values
/// 256 times too large: a pixel a tap, of 1, 3 or 4 channels.
void blend_columns(std::span<const Tap> taps, const std::uint16_t* line,
                   std::int64_t channels, std::uint8_t* to);

}  // namespace lathe::image
