#pragma once

#include <array>
#include <cstdint>

#include "core/augmentation/jpeg.h"

namespace lathe::cpu {

/// Rows of a plane are a multiple of this long: so many blocks are computed at
/// once, at most.
inline constexpr std::int64_t kJpegRow = 16 * kJpegBlock;

/// What coefficients are divided by, row after row.
using JpegQuantization = std::array<std::int32_t, 64>;

/// The tables of ITU-T T.81, annex K, scaled as libjpeg does for a quality from
/// 1 to 100.
JpegQuantization jpeg_luminance(int quality);
JpegQuantization jpeg_chrominance(int quality);

/// Takes the blocks of 8 rows of a plane, or more than the first `width`
/// columns of them, to quantized coefficients and back. Rows are `stride` bytes
/// apart. The arithmetic is that of libjpeg's jfdctint.c and jidctint.c.
void quantize_blocks(const JpegQuantization& table, std::uint8_t* rows,
                     std::int64_t stride, std::int64_t width);

}  // namespace lathe::cpu
