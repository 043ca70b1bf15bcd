#include "core/cpu/jpeg_colors.h"

#include <algorithm>

#include "core/augmentation/histogram.h"
#include "core/augmentation/jpeg.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/jpeg_colors.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

using ManyBytes = hn::CappedTag<std::uint8_t, 64>;

HWY_INLINE std::int32_t int_of(std::uint8_t byte) {
  return std::int32_t{byte};
}

void take_apart(const std::uint8_t* rgb, std::int64_t count,
                const YccRows& to) {
  const ManyBytes bytes;
  constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(bytes));
  std::int64_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    hn::Vec<ManyBytes> r;
    hn::Vec<ManyBytes> g;
    hn::Vec<ManyBytes> b;
    hn::LoadInterleaved3(bytes, rgb + 3 * i, r, g, b);
    hn::StoreU(r, bytes, to.y + i);
    hn::StoreU(g, bytes, to.blue + i);
    hn::StoreU(b, bytes, to.red + i);
  }
  for (; i < count; ++i) {
    to.y[i] = rgb[3 * i];
    to.blue[i] = rgb[3 * i + 1];
    to.red[i] = rgb[3 * i + 2];
  }
}

void put_together(const YccRows& from, std::int64_t count, std::uint8_t* rgb) {
  const ManyBytes bytes;
  constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(bytes));
  std::int64_t i = 0;
  for (; i + kStep <= count; i += kStep) {
    hn::StoreInterleaved3(hn::LoadU(bytes, from.y + i),
                          hn::LoadU(bytes, from.blue + i),
                          hn::LoadU(bytes, from.red + i), bytes, rgb + 3 * i);
  }
  for (; i < count; ++i) {
    rgb[3 * i] = from.y[i];
    rgb[3 * i + 1] = from.blue[i];
    rgb[3 * i + 2] = from.red[i];
  }
}

void to_ycc(const std::uint8_t* rgb, std::int64_t count, const YccRows& to) {
  take_apart(rgb, count, to);
  std::uint8_t* HWY_RESTRICT first = to.y;
  std::uint8_t* HWY_RESTRICT second = to.blue;
  std::uint8_t* HWY_RESTRICT third = to.red;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t r = int_of(first[i]);
    const std::int32_t g = int_of(second[i]);
    const std::int32_t b = int_of(third[i]);
    first[i] = static_cast<std::uint8_t>(jpeg_brightness(r, g, b));
    second[i] = static_cast<std::uint8_t>(jpeg_blueness(r, g, b));
    third[i] = static_cast<std::uint8_t>(jpeg_redness(r, g, b));
  }
}

void to_rgb(const YccRows& from, std::int64_t count, std::uint8_t* rgb) {
  std::uint8_t* HWY_RESTRICT first = from.y;
  std::uint8_t* HWY_RESTRICT second = from.blue;
  std::uint8_t* HWY_RESTRICT third = from.red;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t y = int_of(first[i]);
    const std::int32_t blue = int_of(second[i]) - 128;
    const std::int32_t red = int_of(third[i]) - 128;
    first[i] = static_cast<std::uint8_t>(jpeg_red(y, red));
    second[i] = static_cast<std::uint8_t>(jpeg_green(y, blue, red));
    third[i] = static_cast<std::uint8_t>(jpeg_blue(y, blue));
  }
  put_together(from, count, rgb);
}

void to_values(const std::uint8_t* HWY_RESTRICT bytes, std::int64_t count,
               const ValueRange& range, float* HWY_RESTRICT values) {
  const ValueRange made = range;
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] = of_byte(static_cast<float>(int_of(bytes[i])), made);
  }
}

void halve(const std::uint8_t* HWY_RESTRICT upper,
           const std::uint8_t* HWY_RESTRICT lower, std::int64_t count,
           std::uint8_t* HWY_RESTRICT to) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t sum = int_of(upper[2 * i]) + int_of(upper[2 * i + 1]) +
                             int_of(lower[2 * i]) + int_of(lower[2 * i + 1]);
    to[i] = static_cast<std::uint8_t>(
        jpeg_halved(sum, static_cast<std::int32_t>(i)));
  }
}

void make_double(const std::uint8_t* HWY_RESTRICT near,
                 const std::uint8_t* HWY_RESTRICT far, std::int64_t count,
                 std::uint8_t* HWY_RESTRICT to) {
  // Those of a piece, and one more on both sides.
  constexpr std::int64_t kPiece = 128;
  std::int16_t sums[kPiece + 2];
  const auto sum = [&](std::int64_t i) {
    return static_cast<std::int16_t>(
        jpeg_between(int_of(near[i]), int_of(far[i])));
  };
  for (std::int64_t first = 0; first < count; first += kPiece) {
    const std::int64_t size = std::min(kPiece, count - first);
    for (std::int64_t i = 0; i < size; ++i) sums[i + 1] = sum(first + i);
    sums[0] = sum(std::max<std::int64_t>(first - 1, 0));
    sums[size + 1] = sum(std::min(first + size, count - 1));
    for (std::int64_t i = 0; i < size; ++i) {
      to[2 * (first + i)] =
          static_cast<std::uint8_t>(jpeg_doubled(sums[i + 1], sums[i], false));
      to[2 * (first + i) + 1] = static_cast<std::uint8_t>(
          jpeg_doubled(sums[i + 1], sums[i + 2], true));
    }
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(to_ycc);
HWY_EXPORT(to_rgb);
HWY_EXPORT(to_values);
HWY_EXPORT(halve);
HWY_EXPORT(make_double);

void rgb_to_ycc(const std::uint8_t* rgb, std::int64_t count,
                const YccRows& to) {
  HWY_DYNAMIC_DISPATCH(to_ycc)(rgb, count, to);
}

void ycc_to_rgb(const YccRows& from, std::int64_t count, std::uint8_t* rgb) {
  HWY_DYNAMIC_DISPATCH(to_rgb)(from, count, rgb);
}

void bytes_to_values(const std::uint8_t* bytes, std::int64_t count,
                     const ValueRange& range, float* values) {
  HWY_DYNAMIC_DISPATCH(to_values)(bytes, count, range, values);
}

void halve_rows(const std::uint8_t* upper, const std::uint8_t* lower,
                std::int64_t count, std::uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(halve)(upper, lower, count, to);
}

void double_row(const std::uint8_t* near, const std::uint8_t* far,
                std::int64_t count, std::uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(make_double)(near, far, count, to);
}

}  // namespace lathe::cpu
#endif
