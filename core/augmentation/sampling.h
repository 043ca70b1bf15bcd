#pragma once

#include <array>
#include <cstdint>

#include "core/augmentation/pixel.h"

namespace lathe {

/// How a value between pixels is had: the nearest pixel, the four around it
/// weighted by their distance, or sixteen by cubic_weights(), which may reach
/// beyond the pixels' own values.
enum class Interpolation { nearest, bilinear, bicubic };

/// What lies beyond the image (a b c d), as Keras and SciPy name it:
///   constant  k k k | a b c d | k k k   with k the fill value
///   nearest   a a a | a b c d | d d d
///   reflect   c b a | a b c d | d c b
///   mirror    d c b | a b c d | c b a
///   wrap      b c d | a b c d | a b c
enum class FillMode { constant, nearest, reflect, mirror, wrap };

/// A position in the input, in pixels: the centre of pixel i is at i.
struct Position {
  float x = 0;
  float y = 0;
};

/// The numbers of one sample's geometry, [a0, a1, a2, b0, b1, b2, c0, c1] as
/// keras.ops.image.affine_transform has them: the output pixel (x, y) shows
/// the input at ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with
/// k = c0 x + c1 y + 1.
inline constexpr int kRowLength = 8;

LATHE_PIXEL_FUNCTION bool is_affine(const float* row) {
  return row[6] == 0.0F && row[7] == 0.0F;
}

/// Keeps a position's integer part exact in float32; turns NaN, which a
/// perspective's horizon gives, into the limit.
LATHE_PIXEL_FUNCTION float limit_position(float position) {
  constexpr float kLimit = 4194304.0F;
  const float above = position > -kLimit ? position : -kLimit;
  return above < kLimit ? above : kLimit;
}

/// Products and sums are joined by hand, so that every device and every
/// vector length computes the same bits.
LATHE_PIXEL_FUNCTION float multiply_add(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

/// The input position of the output pixel (x, y) for an affine row.
LATHE_PIXEL_FUNCTION Position affine_position(const float* row, float x,
                                              float y) {
  return {
      limit_position(multiply_add(row[0], x, multiply_add(row[1], y, row[2]))),
      limit_position(multiply_add(row[3], x, multiply_add(row[4], y, row[5])))};
}

/// The same for any row.
LATHE_PIXEL_FUNCTION Position perspective_position(const float* row, float x,
                                                   float y) {
  const float k = multiply_add(row[6], x, multiply_add(row[7], y, 1.0F));
  const float px = multiply_add(row[0], x, multiply_add(row[1], y, row[2]));
  const float py = multiply_add(row[3], x, multiply_add(row[4], y, row[5]));
  return {limit_position(px / k), limit_position(py / k)};
}

/// The input position of the output pixel (x, y).
LATHE_PIXEL_FUNCTION Position position_of(const float* row, float x, float y) {
  return is_affine(row) ? affine_position(row, x, y)
                        : perspective_position(row, x, y);
}

/// The integer below a number of magnitude below 2^31. (Compilers turn a loop
/// of std::floor into vectors only if told to ignore floating-point traps.)
LATHE_PIXEL_FUNCTION std::int32_t floor_index(float number) {
  const auto towards_zero = static_cast<std::int32_t>(number);
  return towards_zero - (static_cast<float>(towards_zero) > number ? 1 : 0);
}

/// index modulo period, for |index| < 2^23. The quotient of two integers below
/// 2^23 never rounds up to the next integer, so its floor is right.
LATHE_PIXEL_FUNCTION std::int32_t modulo(std::int32_t index,
                                         std::int32_t period) {
  const std::int32_t turns =
      floor_index(static_cast<float>(index) / static_cast<float>(period));
  return index - turns * period;
}

LATHE_PIXEL_FUNCTION std::int32_t clamp_index(std::int32_t index,
                                              std::int32_t count) {
  const std::int32_t positive = index > 0 ? index : 0;
  return positive < count - 1 ? positive : count - 1;
}

/// The pixel in [0, count) that stands for pixel `index`. For
/// FillMode::constant it is the nearest one: the caller asks in_range() first.
template <FillMode mode>
LATHE_PIXEL_FUNCTION std::int32_t fixed_index(std::int32_t index,
                                              std::int32_t count) {
  if constexpr (mode == FillMode::reflect) {
    const std::int32_t i = modulo(index, 2 * count);
    return i < count ? i : 2 * count - 1 - i;
  } else if constexpr (mode == FillMode::mirror) {
    const std::int32_t period = count > 1 ? 2 * count - 2 : 1;
    const std::int32_t i = modulo(index, period);
    return i < count ? i : period - i;
  } else if constexpr (mode == FillMode::wrap) {
    return modulo(index, count);
  } else {
    return clamp_index(index, count);
  }
}

/// The same for a mode that is known when it runs.
LATHE_PIXEL_FUNCTION std::int32_t fixed_index(FillMode mode, std::int32_t index,
                                              std::int32_t count) {
  switch (mode) {
    case FillMode::constant:
    case FillMode::nearest:
      break;
    case FillMode::reflect:
      return fixed_index<FillMode::reflect>(index, count);
    case FillMode::mirror:
      return fixed_index<FillMode::mirror>(index, count);
    case FillMode::wrap:
      return fixed_index<FillMode::wrap>(index, count);
  }
  return clamp_index(index, count);
}

/// The same for an index less than an image's extent beyond the border, 1 -
/// count to 2 count - 2, without a division.
template <FillMode mode>
LATHE_PIXEL_FUNCTION std::int32_t close_index(std::int32_t index,
                                              std::int32_t count) {
  if constexpr (mode == FillMode::reflect) {
    const std::int32_t i = index < 0 ? -1 - index : index;
    return i < count ? i : 2 * count - 1 - i;
  } else if constexpr (mode == FillMode::mirror) {
    const std::int32_t i = index < 0 ? -index : index;
    return i < count ? i : 2 * count - 2 - i;
  } else if constexpr (mode == FillMode::wrap) {
    const std::int32_t i = index < 0 ? index + count : index;
    return i < count ? i : i - count;
  } else {
    return clamp_index(index, count);
  }
}

LATHE_PIXEL_FUNCTION bool in_range(std::int32_t index, std::int32_t count) {
  return index >= 0 && index < count;
}

/// The pixel nearest to a position; halves go up.
LATHE_PIXEL_FUNCTION std::int32_t nearest_index(float position) {
  return floor_index(position + 0.5F);
}

/// What bilinear interpolation reads along one axis: two pixels of the image
/// and their weights. What the weights lack to 1 belongs to the fill value.
/// `second` is first + 1 (and so both lie in one load) except across the seam
/// of FillMode::wrap and where the image is one pixel wide.
struct Taps {
  std::int32_t first = 0;
  std::int32_t second = 0;
  float first_weight = 0;
  float second_weight = 0;
};

/// With `close`, of a position that close_index() is for.
template <FillMode mode, bool close = false>
LATHE_PIXEL_FUNCTION Taps taps_of(float position, std::int32_t count) {
  const std::int32_t index = floor_index(position);
  const float fraction = position - static_cast<float>(index);
  float near_weight = 1.0F - fraction;
  float far_weight = fraction;
  const std::int32_t near =
      close ? close_index<mode>(index, count) : fixed_index<mode>(index, count);
  const std::int32_t far = close ? close_index<mode>(index + 1, count)
                                 : fixed_index<mode>(index + 1, count);
  if constexpr (mode == FillMode::wrap) {
    return {near, far, near_weight, far_weight};
  }
  if constexpr (mode == FillMode::constant) {
    near_weight = in_range(index, count) ? near_weight : 0.0F;
    far_weight = in_range(index + 1, count) ? far_weight : 0.0F;
  }
  // Reflection may swap the two, and a border may make them one.
  const std::int32_t last_first = count > 1 ? count - 2 : 0;
  const std::int32_t smaller = near < far ? near : far;
  const std::int32_t first = smaller < last_first ? smaller : last_first;
  const float near_first = near == first ? near_weight : 0.0F;
  const float far_first = far == first ? far_weight : 0.0F;
  const float near_second = near == first ? 0.0F : near_weight;
  const float far_second = far == first ? 0.0F : far_weight;
  return {first, count > 1 ? first + 1 : first, near_first + far_first,
          near_second + far_second};
}

/// The same for a mode that is known when it runs.
LATHE_PIXEL_FUNCTION Taps taps_of(FillMode mode, float position,
                                  std::int32_t count) {
  switch (mode) {
    case FillMode::constant:
      return taps_of<FillMode::constant>(position, count);
    case FillMode::nearest:
      break;
    case FillMode::reflect:
      return taps_of<FillMode::reflect>(position, count);
    case FillMode::mirror:
      return taps_of<FillMode::mirror>(position, count);
    case FillMode::wrap:
      return taps_of<FillMode::wrap>(position, count);
  }
  return taps_of<FillMode::nearest>(position, count);
}

/// The interpolated value of four pixels (p01 is right of p00, p10 below it),
/// and of the fill value for the weight that the taps lack. Inside the image
/// the weights of an axis sum to exactly 1.
LATHE_PIXEL_FUNCTION float interpolate(float p00, float p01, float p10,
                                       float p11, const Taps& x, const Taps& y,
                                       float fill_value) {
  const float top = multiply_add(p01, x.second_weight, p00 * x.first_weight);
  const float bottom = multiply_add(p11, x.second_weight, p10 * x.first_weight);
  const float inside =
      multiply_add(bottom, y.second_weight, top * y.first_weight);
  const float outside = multiply_add(-(x.first_weight + x.second_weight),
                                     y.first_weight + y.second_weight, 1.0F);
  return multiply_add(fill_value, outside, inside);
}

/// The weights of the four pixels around a position on an axis that is `t`
/// beyond the second: Keys, "Cubic convolution interpolation for digital image
/// processing", 1981, with his a = -1/2, which is third-order. So have Keras'
/// resize with JAX and TensorFlow, and Pillow; PyTorch and OpenCV have -3/4.
LATHE_PIXEL_FUNCTION std::array<float, 4> cubic_weights(float t) {
  return {t * multiply_add(t, multiply_add(-0.5F, t, 1.0F), -0.5F),
          multiply_add(t * t, multiply_add(1.5F, t, -2.5F), 1.0F),
          t * multiply_add(t, multiply_add(-1.5F, t, 2.0F), 0.5F),
          t * t * multiply_add(0.5F, t, -0.5F)};
}

/// Four values by their weights: what bicubic interpolation does to the pixels
/// of four columns, and then to the four sums.
LATHE_PIXEL_FUNCTION float weighted(float v0, float v1, float v2, float v3,
                                    const float* weights) {
  float sum = v0 * weights[0];
  sum = multiply_add(v1, weights[1], sum);
  sum = multiply_add(v2, weights[2], sum);
  return multiply_add(v3, weights[3], sum);
}

/// The part of the fill value, where pixels that are not there weigh nothing.
LATHE_PIXEL_FUNCTION float cubic_outside(const float* across,
                                         const float* down) {
  return multiply_add(-(across[0] + across[1] + across[2] + across[3]),
                      down[0] + down[1] + down[2] + down[3], 1.0F);
}

/// A value as a pixel of 8 bits: rounded, halves up, and clipped to 0..255.
LATHE_PIXEL_FUNCTION std::uint8_t to_byte(float value) {
  const float positive = value > 0.0F ? value : 0.0F;
  const float clipped = positive < 255.0F ? positive : 255.0F;
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(clipped + 0.5F));
}

}  // namespace lathe
