#pragma once

#include <cstdint>

#include "core/augmentation/pixel.h"

namespace lathe {

// The integer arithmetic of libjpeg-turbo, of a value, a pixel or a row of
// eight at a time. Planes are brightness, and how much bluer and redder than
// grey a pixel is, with 128 for grey, at half the resolution.

/// Pixels of a side of what JPEG transforms at once.
inline constexpr std::int64_t kJpegBlock = 8;

LATHE_PIXEL_FUNCTION std::int32_t jpeg_clamp(std::int32_t value) {
  const std::int32_t positive = value > 0 ? value : 0;
  return positive < 255 ? positive : 255;
}

// Numbers of 16 bits behind the point. What rounds towards grey is a bit less
// than a half.
inline constexpr std::int32_t kJpegHalf = 1 << 15;
inline constexpr std::int32_t kJpegGrey = (128 << 16) + kJpegHalf - 1;

/// As libjpeg's jccolor.c.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_brightness(std::int32_t r,
                                                  std::int32_t g,
                                                  std::int32_t b) {
  return (19595 * r + 38470 * g + 7471 * b + kJpegHalf) >> 16;
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_blueness(std::int32_t r, std::int32_t g,
                                                std::int32_t b) {
  return (32768 * b - 11059 * r - 21709 * g + kJpegGrey) >> 16;
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_redness(std::int32_t r, std::int32_t g,
                                               std::int32_t b) {
  return (32768 * r - 27439 * g - 5329 * b + kJpegGrey) >> 16;
}

/// As its jdcolor.c; blueness and redness are less 128.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_red(std::int32_t y, std::int32_t red) {
  return jpeg_clamp(y + ((91881 * red + kJpegHalf) >> 16));
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_green(std::int32_t y, std::int32_t blue,
                                             std::int32_t red) {
  return jpeg_clamp(y + ((-22554 * blue - 46802 * red + kJpegHalf) >> 16));
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_blue(std::int32_t y, std::int32_t blue) {
  return jpeg_clamp(y + ((116130 * blue + kJpegHalf) >> 16));
}

/// The mean of 2x2 pixels at column i of half the resolution: halves are
/// rounded down and up by turns, as in libjpeg's jcsample.c.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_halved(std::int32_t sum,
                                              std::int32_t i) {
  return (sum + 1 + (i & 1)) >> 2;
}

/// The triangle filter of libjpeg's jdsample.c, down and then across; the
/// second of the two pixels made of one rounds otherwise.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_between(std::int32_t near,
                                               std::int32_t far) {
  return 3 * near + far;
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_doubled(std::int32_t own,
                                               std::int32_t beside,
                                               bool is_second) {
  return (3 * own + beside + (is_second ? 7 : 8)) >> 4;
}

/// What a coefficient of ITU-T T.81's annex K is divided by, scaled as libjpeg
/// does for a quality from 1 to 100.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_divisor(std::int32_t table,
                                               std::int32_t quality) {
  const std::int32_t percent =
      quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const std::int32_t scaled = (table * percent + 50) / 100;
  const std::int32_t positive = scaled > 1 ? scaled : 1;
  return positive < 255 ? positive : 255;
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_brightness_table(std::int32_t i) {
  constexpr std::uint8_t kTable[64] = {16, 11, 10, 16, 24,  40,  51,  61,   //
                                       12, 12, 14, 19, 26,  58,  60,  55,   //
                                       14, 13, 16, 24, 40,  57,  69,  56,   //
                                       14, 17, 22, 29, 51,  87,  80,  62,   //
                                       18, 22, 37, 56, 68,  109, 103, 77,   //
                                       24, 35, 55, 64, 81,  104, 113, 92,   //
                                       49, 64, 78, 87, 103, 121, 120, 101,  //
                                       72, 92, 95, 98, 112, 100, 103, 99};
  return kTable[i];
}
LATHE_PIXEL_FUNCTION std::int32_t jpeg_color_table(std::int32_t i) {
  constexpr std::uint8_t kTable[64] = {17, 18, 24, 47, 99, 99, 99, 99,  //
                                       18, 21, 26, 66, 99, 99, 99, 99,  //
                                       24, 26, 56, 99, 99, 99, 99, 99,  //
                                       47, 66, 99, 99, 99, 99, 99, 99,  //
                                       99, 99, 99, 99, 99, 99, 99, 99,  //
                                       99, 99, 99, 99, 99, 99, 99, 99,  //
                                       99, 99, 99, 99, 99, 99, 99, 99,  //
                                       99, 99, 99, 99, 99, 99, 99, 99};
  return kTable[i];
}

// Numbers of 13 bits behind the point; what the first of two transforms leaves
// has 2 bits more than the second one's result.
inline constexpr int kJpegConstantBits = 13;
inline constexpr int kJpegPassBits = 2;

template <int bits>
LATHE_PIXEL_FUNCTION std::int32_t jpeg_descaled(std::int32_t x) {
  return (x + (1 << (bits - 1))) >> bits;
}

/// The rotations that both transforms make of their odd parts, in place: after
/// Loeffler, Ligtenberg and Moschytz, 1989.
LATHE_PIXEL_FUNCTION void jpeg_rotate(std::int32_t& a, std::int32_t& b,
                                      std::int32_t& c, std::int32_t& d) {
  const std::int32_t ac = a + c;
  const std::int32_t bd = b + d;
  const std::int32_t all_four = (ac + bd) * 9633;
  const std::int32_t ad = (a + d) * -7373;
  const std::int32_t bc = (b + c) * -20995;
  const std::int32_t even = ac * -16069 + all_four;
  const std::int32_t odd = bd * -3196 + all_four;
  a = a * 2446 + ad + even;
  b = b * 16819 + bc + odd;
  c = c * 25172 + bc + even;
  d = d * 12299 + ad + odd;
}

/// Eight values in place, each `step` after the one before: libjpeg's
/// jfdctint.c, across and then, as `second`, down.
template <bool second>
LATHE_PIXEL_FUNCTION void jpeg_transform(std::int32_t* x, int step) {
  constexpr int kBits = second ? kJpegConstantBits + kJpegPassBits
                               : kJpegConstantBits - kJpegPassBits;
  const std::int32_t s07 = x[0] + x[7 * step];
  const std::int32_t s16 = x[step] + x[6 * step];
  const std::int32_t s25 = x[2 * step] + x[5 * step];
  const std::int32_t s34 = x[3 * step] + x[4 * step];
  std::int32_t d07 = x[0] - x[7 * step];
  std::int32_t d16 = x[step] - x[6 * step];
  std::int32_t d25 = x[2 * step] - x[5 * step];
  std::int32_t d34 = x[3 * step] - x[4 * step];
  const std::int32_t outer = s07 - s34;
  const std::int32_t inner = s16 - s25;
  const std::int32_t sum = s07 + s34 + s16 + s25;
  const std::int32_t difference = s07 + s34 - s16 - s25;
  const std::int32_t turned = (outer + inner) * 4433;
  if constexpr (second) {
    x[0] = jpeg_descaled<kJpegPassBits>(sum);
    x[4 * step] = jpeg_descaled<kJpegPassBits>(difference);
  } else {
    x[0] = sum * (1 << kJpegPassBits);
    x[4 * step] = difference * (1 << kJpegPassBits);
  }
  x[2 * step] = jpeg_descaled<kBits>(turned + outer * 6270);
  x[6 * step] = jpeg_descaled<kBits>(turned + inner * -15137);
  jpeg_rotate(d34, d25, d16, d07);
  x[7 * step] = jpeg_descaled<kBits>(d34);
  x[5 * step] = jpeg_descaled<kBits>(d25);
  x[3 * step] = jpeg_descaled<kBits>(d16);
  x[step] = jpeg_descaled<kBits>(d07);
}

/// And back: its jidctint.c, down and then, as `second`, across.
template <bool second>
LATHE_PIXEL_FUNCTION void jpeg_transform_back(std::int32_t* x, int step) {
  constexpr int kBits = second ? kJpegConstantBits + kJpegPassBits + 3
                               : kJpegConstantBits - kJpegPassBits;
  const std::int32_t turned = (x[2 * step] + x[6 * step]) * 4433;
  const std::int32_t even2 = turned + x[6 * step] * -15137;
  const std::int32_t even3 = turned + x[2 * step] * 6270;
  const std::int32_t even0 = (x[0] + x[4 * step]) * (1 << kJpegConstantBits);
  const std::int32_t even1 = (x[0] - x[4 * step]) * (1 << kJpegConstantBits);
  const std::int32_t even[4] = {even0 + even3, even1 + even2, even1 - even2,
                                even0 - even3};
  std::int32_t odd[4] = {x[step], x[3 * step], x[5 * step], x[7 * step]};
  jpeg_rotate(odd[3], odd[2], odd[1], odd[0]);
  for (int i = 0; i < 4; ++i) {
    x[i * step] = jpeg_descaled<kBits>(even[i] + odd[i]);
    x[(7 - i) * step] = jpeg_descaled<kBits>(even[i] - odd[i]);
  }
}

/// x / 8q to the nearest integer, halves away from 0, times q: coefficients are
/// 8 times as large as they are written.
LATHE_PIXEL_FUNCTION std::int32_t jpeg_quantized(std::int32_t x,
                                                 std::int32_t q) {
  const std::int32_t magnitude = x < 0 ? -x : x;
  const std::int32_t units = (magnitude + 4 * q) / (8 * q) * q;
  return x < 0 ? -units : units;
}

/// The planes of an image of 1 or 3 channels, their sides padded to whole
/// blocks: brightness, then blueness, then redness.
struct JpegPlanes {
  std::int32_t height;
  std::int32_t width;
  std::int32_t channels;

  LATHE_HOST_DEVICE static std::int32_t padded(std::int32_t side) {
    return (side + 7) / 8 * 8;
  }
  LATHE_HOST_DEVICE std::int32_t plane_height(int plane) const {
    return plane == 0 ? height : (height + 1) / 2;
  }
  LATHE_HOST_DEVICE std::int32_t plane_width(int plane) const {
    return plane == 0 ? width : (width + 1) / 2;
  }
  LATHE_HOST_DEVICE std::int32_t stride(int plane) const {
    return padded(plane_width(plane));
  }
  LATHE_HOST_DEVICE std::int32_t plane_size(int plane) const {
    return padded(plane_height(plane)) * stride(plane);
  }
  LATHE_HOST_DEVICE std::int32_t start(int plane) const {
    return plane == 0 ? 0 : plane_size(0) + (plane - 1) * plane_size(1);
  }
  /// Of all planes.
  LATHE_HOST_DEVICE std::int32_t size() const { return start(channels); }
};

}  // namespace lathe
