#pragma once

#include <cmath>
#include <cstdint>

#include "core/augmentation/sampling.h"

namespace lathe {

/// White in the units of bytes; black is 0.
inline constexpr float kWhiteByte = 255;

/// What black and white are in an image's units.
struct ValueRange {
  float low = 0;
  float high = kWhiteByte;

  bool operator==(const ValueRange&) const = default;
};

/// What changes the colours of a sample's pixels, each by itself; the numbers
/// are those of a ColorStep. Here black is 0 and white is 1; results are
/// clipped to that.
///   none        nothing
///   brightness  x + a
///   exposure    a x
///   contrast    a (x - m) + m, with m the mean of the sample's channel before
///               this step
///   grey_contrast  the same with one m for all channels, the mean of
///               0.2989 red + 0.587 green + 0.114 blue
///   saturation  the saturation of hue, saturation and value times a
///   hue         the hue plus a, in turns
///   grayscale   x + a (y - x) with y = 0.2989 red + 0.587 green + 0.114 blue
///   gamma       x to the power of a
///   invert      1 - x
///   solarize    x where x < a, else 1 - x
///   posterize   the a highest of the 8 bits of x
///   shuffle     the channels in order number a c!, of c channels, at most four
enum class ColorKind : std::int32_t {
  none,
  brightness,
  exposure,
  contrast,
  grey_contrast,
  saturation,
  hue,
  grayscale,
  gamma,
  invert,
  solarize,
  posterize,
  shuffle
};

/// One colour operation as drawn for a sample.
struct ColorStep {
  ColorKind kind = ColorKind::none;
  float a = 0;
};

/// Whether a step needs the means of the sample's channels first.
LATHE_PIXEL_FUNCTION bool needs_means(ColorKind kind) {
  return kind == ColorKind::contrast || kind == ColorKind::grey_contrast;
}

/// Clips to the range; what is not a number becomes black.
LATHE_PIXEL_FUNCTION float clip(float x, const ValueRange& range) {
  const float above = x > range.low ? x : range.low;
  return above < range.high ? above : range.high;
}

LATHE_PIXEL_FUNCTION float brightened(float x, const ColorStep& step,
                                      const ValueRange& range) {
  return clip(multiply_add(step.a, range.high - range.low, x), range);
}

LATHE_PIXEL_FUNCTION float exposed(float x, const ColorStep& step,
                                   const ValueRange& range) {
  return clip(multiply_add(x - range.low, step.a, range.low), range);
}

LATHE_PIXEL_FUNCTION float contrasted(float x, const ColorStep& step,
                                      float mean, const ValueRange& range) {
  return clip(multiply_add(x - mean, step.a, mean), range);
}

/// A value from 0 to 1.
LATHE_PIXEL_FUNCTION float normalized(float x, const ValueRange& range) {
  return (x - range.low) / (range.high - range.low);
}

LATHE_PIXEL_FUNCTION float solarized(float x, const ColorStep& step,
                                     const ValueRange& range) {
  return clip(normalized(x, range) < step.a ? x : range.low + range.high - x,
              range);
}

/// A thousandth of a step makes up for what scaling rounded away.
LATHE_PIXEL_FUNCTION float posterized(float x, const ColorStep& step,
                                      const ValueRange& range) {
  const auto byte = static_cast<std::int32_t>(
      multiply_add(normalized(clip(x, range), range), kWhiteByte, 1e-3F));
  const std::int32_t dropped = 8 - static_cast<std::int32_t>(step.a);
  const auto kept = static_cast<float>((byte >> dropped) << dropped);
  return multiply_add(kept, (range.high - range.low) / kWhiteByte, range.low);
}

/// A pixel of three channels, black being 0.
struct Rgb {
  float red;
  float green;
  float blue;
};

LATHE_PIXEL_FUNCTION float largest(const Rgb& pixel) {
  const float two = pixel.red > pixel.green ? pixel.red : pixel.green;
  return two > pixel.blue ? two : pixel.blue;
}
LATHE_PIXEL_FUNCTION float smallest(const Rgb& pixel) {
  const float two = pixel.red < pixel.green ? pixel.red : pixel.green;
  return two < pixel.blue ? two : pixel.blue;
}

/// With v the largest channel, a channel is v - s (v - p) for a saturation s
/// times as high: that is all of hue, saturation and value that is needed.
LATHE_PIXEL_FUNCTION Rgb saturated(const Rgb& pixel, float a) {
  const float value = largest(pixel);
  const float spread = value - smallest(pixel);
  const float limit = value / (spread > 0.0F ? spread : 1.0F);
  const float factor = a < limit ? a : limit;
  return {multiply_add(pixel.red - value, factor, value),
          multiply_add(pixel.green - value, factor, value),
          multiply_add(pixel.blue - value, factor, value)};
}

LATHE_PIXEL_FUNCTION float clip_unit(float x) {
  const float above = x > 0.0F ? x : 0.0F;
  return above < 1.0F ? above : 1.0F;
}

/// The formulas of keras.ops.image.rgb_to_hsv and hsv_to_rgb.
LATHE_PIXEL_FUNCTION Rgb turned(const Rgb& pixel, float a) {
  const float value = largest(pixel);
  const float spread = value - smallest(pixel);
  // The hue in sixths of a turn: from the largest channel's own.
  const bool red_first = value == pixel.red;
  const bool green_first = value == pixel.green;
  const float ahead = red_first     ? pixel.green - pixel.blue
                      : green_first ? pixel.blue - pixel.red
                                    : pixel.red - pixel.green;
  const float own = red_first ? 0.0F : green_first ? 2.0F : 4.0F;
  const float hue =
      multiply_add(6.0F, a, ahead / (spread > 0.0F ? spread : 1.0F) + own);
  const float turns = static_cast<float>(floor_index(hue * (1.0F / 6)));
  const float sixths = multiply_add(-6.0F, turns, hue);
  const float red = clip_unit(std::abs(sixths - 3.0F) - 1.0F);
  const float green = clip_unit(2.0F - std::abs(sixths - 2.0F));
  const float blue = clip_unit(2.0F - std::abs(sixths - 4.0F));
  return {multiply_add(spread, red - 1.0F, value),
          multiply_add(spread, green - 1.0F, value),
          multiply_add(spread, blue - 1.0F, value)};
}

LATHE_PIXEL_FUNCTION float grey_of(const Rgb& pixel) {
  return multiply_add(0.2989F, pixel.red,
                      multiply_add(0.587F, pixel.green, 0.114F * pixel.blue));
}

/// The mean about which channel c changes its contrast.
LATHE_PIXEL_FUNCTION float contrast_mean(ColorKind kind, const float* means,
                                         int c, int channels) {
  if (kind != ColorKind::grey_contrast || channels != 3) return means[c];
  return grey_of({means[0], means[1], means[2]});
}

LATHE_PIXEL_FUNCTION Rgb greyed(const Rgb& pixel, float a) {
  const float grey = grey_of(pixel);
  return {multiply_add(a, grey - pixel.red, pixel.red),
          multiply_add(a, grey - pixel.green, pixel.green),
          multiply_add(a, grey - pixel.blue, pixel.blue)};
}

/// Whether a step mixes the channels of a pixel, of which there must be three.
LATHE_PIXEL_FUNCTION bool mixes_channels(ColorKind kind) {
  return kind == ColorKind::saturation || kind == ColorKind::hue ||
         kind == ColorKind::grayscale;
}

/// One of the steps that mix channels; values in the image's units.
LATHE_PIXEL_FUNCTION Rgb mixed(ColorKind kind, float a, const ValueRange& range,
                               const Rgb& pixel) {
  const Rgb above{pixel.red - range.low, pixel.green - range.low,
                  pixel.blue - range.low};
  const Rgb result = kind == ColorKind::saturation ? saturated(above, a)
                     : kind == ColorKind::hue      ? turned(above, a)
                                                   : greyed(above, a);
  return {clip(result.red + range.low, range),
          clip(result.green + range.low, range),
          clip(result.blue + range.low, range)};
}

/// Which of `count` things, at most four, comes at place `i` in order number
/// `order` of the count! ones.
LATHE_PIXEL_FUNCTION int permuted(int order, int i, int count) {
  int left[4] = {0, 1, 2, 3};
  int orders = 1;
  for (int k = 2; k < count; ++k) orders *= k;
  for (int place = 0;; ++place) {
    const int chosen = order / orders;
    const int result = left[chosen];
    if (place == i) return result;
    for (int k = chosen; k + 1 < count - place; ++k) left[k] = left[k + 1];
    order %= orders;
    if (count - place > 2) orders /= count - place - 1;
  }
}

/// Where channel c of a shuffled pixel comes from.
LATHE_PIXEL_FUNCTION int shuffled(const ColorStep& step, int c, int channels) {
  int orders = 1;
  for (int k = 2; k <= channels; ++k) orders *= k;
  const int order = static_cast<int>(step.a * static_cast<float>(orders));
  return permuted(order < orders ? order : orders - 1, c, channels);
}

/// Whether a step changes each value by itself, means aside.
LATHE_PIXEL_FUNCTION bool acts_on_values(ColorKind kind) {
  return !mixes_channels(kind) && kind != ColorKind::shuffle;
}

/// A step on one value of channel c; not for those that mix channels.
LATHE_PIXEL_FUNCTION float changed(const ColorStep& step, float mean,
                                   const ValueRange& range, float x) {
  switch (step.kind) {
    case ColorKind::brightness:
      return brightened(x, step, range);
    case ColorKind::exposure:
      return exposed(x, step, range);
    case ColorKind::contrast:
    case ColorKind::grey_contrast:
      return contrasted(x, step, mean, range);
    case ColorKind::gamma:
      return multiply_add(std::pow(clip_unit(normalized(x, range)), step.a),
                          range.high - range.low, range.low);
    case ColorKind::invert:
      return clip(range.low + range.high - x, range);
    case ColorKind::solarize:
      return solarized(x, step, range);
    case ColorKind::posterize:
      return posterized(x, step, range);
    default:
      return x;
  }
}

/// A step on one pixel. `means` has one number a channel where needs_means().
LATHE_PIXEL_FUNCTION void change_color(const ColorStep& step,
                                       const float* means,
                                       const ValueRange& range, float* pixel,
                                       int channels) {
  if (mixes_channels(step.kind)) {
    if (channels != 3) return;
    const Rgb result =
        mixed(step.kind, step.a, range, {pixel[0], pixel[1], pixel[2]});
    pixel[0] = result.red;
    pixel[1] = result.green;
    pixel[2] = result.blue;
    return;
  }
  if (step.kind == ColorKind::shuffle) {
    float before[4];
    for (int c = 0; c < channels; ++c) before[c] = pixel[c];
    for (int c = 0; c < channels; ++c) {
      pixel[c] = before[shuffled(step, c, channels)];
    }
    return;
  }
  for (int c = 0; c < channels; ++c) {
    const float mean = needs_means(step.kind)
                           ? contrast_mean(step.kind, means, c, channels)
                           : 0.0F;
    pixel[c] = changed(step, mean, range, pixel[c]);
  }
}

}  // namespace lathe
