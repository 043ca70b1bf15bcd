#pragma once

#include <cstdint>

#include "core/augmentation/color.h"

namespace lathe::cpu {

/// Rows of a JPEG's three planes: brightness, and how much bluer and redder
/// than grey a pixel is, with 128 for grey.
struct YccRows {
  std::uint8_t* y;
  std::uint8_t* blue;
  std::uint8_t* red;
};

/// `count` interleaved pixels of red, green and blue, as libjpeg's jccolor.c
/// converts them.
void rgb_to_ycc(const std::uint8_t* rgb, std::int64_t count, const YccRows& to);

/// And back, as its jdcolor.c does; the rows are overwritten.
void ycc_to_rgb(const YccRows& from, std::int64_t count, std::uint8_t* rgb);

/// Bytes in an image's units.
void bytes_to_values(const std::uint8_t* bytes, std::int64_t count,
                     const ValueRange& range, float* values);

/// Means of 2x2 pixels of two rows: halves are rounded down and up by turns,
/// as in libjpeg's jcsample.c. `count` pixels of the result.
void halve_rows(const std::uint8_t* upper, const std::uint8_t* lower,
                std::int64_t count, std::uint8_t* to);

/// A row of twice the width between two rows, of which `near` has three times
/// the weight, and the same across: the triangle filter of libjpeg's
/// jdsample.c. `count` pixels of `near`.
void double_row(const std::uint8_t* near, const std::uint8_t* far,
                std::int64_t count, std::uint8_t* to);

}  // namespace lathe::cpu
