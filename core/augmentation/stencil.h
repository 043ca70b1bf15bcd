#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/augmentation/filter.h"

namespace lathe {

/// The largest kernel, in pixels a side.
inline constexpr int kMostKernelSize = 63;

/// A weighted neighbour: dx to the right, dy down.
struct StencilTap {
  int dx = 0;
  int dy = 0;
  float weight = 0;
};

/// A pixel becomes the weighted sum of its neighbours, each channel by itself.
struct Stencil {
  std::array<StencilTap, kMostKernelSize> taps;
  int count = 0;

  void add(const StencilTap& tap) {
    taps[static_cast<std::size_t>(count++)] = tap;
  }
};

/// The pixel that stands for one beyond the border; -1 for black.
LATHE_PIXEL_FUNCTION std::int32_t neighbour(std::int32_t index,
                                            std::int32_t count, FillMode mode) {
  if (in_range(index, count)) return index;
  switch (mode) {
    case FillMode::constant:
      return -1;
    case FillMode::reflect:
      return fixed_index<FillMode::reflect>(index, count);
    case FillMode::mirror:
      return fixed_index<FillMode::mirror>(index, count);
    default:
      return clamp_index(index, count);
  }
}

LATHE_PIXEL_FUNCTION FillMode fill_mode_of(float number) {
  return static_cast<FillMode>(static_cast<int>(number));
}

/// keras.layers.RandomSharpness: x + (1 - 2 f) (smoothed - x), where smoothed
/// weighs 3x3 pixels by 1/13 and the one in the middle by 5/13.
inline Stencil sharpness_stencil(float f) {
  Stencil stencil;
  const float blurred = 1 - 2 * f;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const bool middle = dx == 0 && dy == 0;
      stencil.add(
          {.dx = dx,
           .dy = dy,
           .weight = middle ? 1 + blurred * (5.0F / 13 - 1) : blurred / 13});
    }
  }
  return stencil;
}

/// exp(-d^2 / (2 sigma^2)) in a row or a column of `size` pixels, summing to 1.
inline Stencil gaussian_stencil(int size, float sigma, bool across) {
  Stencil stencil;
  double sum = 0;
  const auto weight = [&](int d) {
    return std::exp(-0.5 * std::pow(d / static_cast<double>(sigma), 2));
  };
  for (int d = -(size / 2); d <= size / 2; ++d) sum += weight(d);
  for (int d = -(size / 2); d <= size / 2; ++d) {
    stencil.add({.dx = across ? d : 0,
                 .dy = across ? 0 : d,
                 .weight = static_cast<float>(weight(d) / sum)});
  }
  return stencil;
}

/// The pixels of a line through the middle of a square of `size` pixels, all of
/// the same weight; the angle is in turns, counter-clockwise from the right. It
/// is drawn as Bresenham's: one pixel in each column, or in each row where it
/// is steep.
inline Stencil motion_stencil(int size, float turns) {
  Stencil stencil;
  const double angle = 2 * std::acos(-1.0) * static_cast<double>(turns);
  const double right = std::cos(angle);
  const double up = std::sin(angle);
  const bool steep = std::abs(up) > std::abs(right);
  for (int d = -(size / 2); d <= size / 2; ++d) {
    const auto other =
        static_cast<int>(std::lround(d * (steep ? right / up : up / right)));
    stencil.add({.dx = steep ? other : d,
                 .dy = steep ? -d : -other,
                 .weight = 1 / static_cast<float>(size)});
  }
  return stencil;
}

/// What a step makes of neighbours: two stencils in turn, of which the first
/// may have no taps, and so may both.
struct Stencils {
  Stencil first;
  Stencil second;
  FillMode mode = FillMode::nearest;
};

inline Stencils stencils_of(const FilterStep& step) {
  const float* number = step.numbers.data();
  const int size = static_cast<int>(number[0]);
  switch (step.kind) {
    case FilterKind::sharpness:
      return {{}, sharpness_stencil(number[0]), fill_mode_of(number[1])};
    case FilterKind::gaussian_blur:
      return {gaussian_stencil(size, number[1], true),
              gaussian_stencil(size, number[2], false),
              fill_mode_of(number[3])};
    case FilterKind::motion_blur:
      return {{}, motion_stencil(size, number[1]), fill_mode_of(number[2])};
    default:
      return {};
  }
}

}  // namespace lathe
