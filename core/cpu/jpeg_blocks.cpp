#include "core/cpu/jpeg_blocks.h"

#include <algorithm>

#include "core/augmentation/jpeg.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/jpeg_blocks.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Numbers of 13 bits behind the point; what the first of two transforms leaves
// has 2 bits more than the second one's result.
constexpr int kConstantBits = 13;
constexpr int kPassBits = 2;

HWY_INLINE IntVector times(IntVector x, std::int32_t constant) {
  return hn::Mul(x, hn::Set(Ints(), constant));
}

template <int bits>
HWY_INLINE IntVector descale(IntVector x) {
  return hn::ShiftRight<bits>(hn::Add(x, hn::Set(Ints(), 1 << (bits - 1))));
}

// The rotations that both transforms make of their odd parts, of which the
// result is in place: after Loeffler, Ligtenberg and Moschytz, 1989.
HWY_INLINE void rotate_odd(IntVector& a, IntVector& b, IntVector& c,
                           IntVector& d) {
  const IntVector ac = hn::Add(a, c);
  const IntVector bd = hn::Add(b, d);
  const IntVector all_four = times(hn::Add(ac, bd), 9633);
  const IntVector ad = times(hn::Add(a, d), -7373);
  const IntVector bc = times(hn::Add(b, c), -20995);
  const IntVector even = hn::Add(times(ac, -16069), all_four);
  const IntVector odd = hn::Add(times(bd, -3196), all_four);
  a = hn::Add(times(a, 2446), hn::Add(ad, even));
  b = hn::Add(times(b, 16819), hn::Add(bc, odd));
  c = hn::Add(times(c, 25172), hn::Add(bc, even));
  d = hn::Add(times(d, 12299), hn::Add(ad, odd));
}

// Eight values, each `step` vectors after the one before, of kLanes blocks.
template <bool second>
HWY_INLINE void transform(std::int32_t* data, std::int64_t step) {
  constexpr int kBits =
      second ? kConstantBits + kPassBits : kConstantBits - kPassBits;
  const auto load = [&](int i)
                        HWY_ATTR { return hn::Load(Ints(), data + i * step); };
  const auto store = [&](IntVector value, int i) HWY_ATTR {
    hn::Store(value, Ints(), data + i * step);
  };
  const IntVector s07 = hn::Add(load(0), load(7));
  const IntVector s16 = hn::Add(load(1), load(6));
  const IntVector s25 = hn::Add(load(2), load(5));
  const IntVector s34 = hn::Add(load(3), load(4));
  IntVector d07 = hn::Sub(load(0), load(7));
  IntVector d16 = hn::Sub(load(1), load(6));
  IntVector d25 = hn::Sub(load(2), load(5));
  IntVector d34 = hn::Sub(load(3), load(4));
  const IntVector outer = hn::Add(s07, s34);
  const IntVector inner = hn::Add(s16, s25);
  const IntVector outer_difference = hn::Sub(s07, s34);
  const IntVector inner_difference = hn::Sub(s16, s25);
  const auto whole = [](IntVector x) HWY_ATTR {
    if constexpr (second) {
      return descale<kPassBits>(x);
    } else {
      return hn::ShiftLeft<kPassBits>(x);
    }
  };
  store(whole(hn::Add(outer, inner)), 0);
  store(whole(hn::Sub(outer, inner)), 4);
  const IntVector turned =
      times(hn::Add(outer_difference, inner_difference), 4433);
  store(descale<kBits>(hn::Add(turned, times(outer_difference, 6270))), 2);
  store(descale<kBits>(hn::Add(turned, times(inner_difference, -15137))), 6);
  rotate_odd(d34, d25, d16, d07);
  store(descale<kBits>(d34), 7);
  store(descale<kBits>(d25), 5);
  store(descale<kBits>(d16), 3);
  store(descale<kBits>(d07), 1);
}

template <bool second>
HWY_INLINE void transform_back(std::int32_t* data, std::int64_t step) {
  constexpr int kBits =
      second ? kConstantBits + kPassBits + 3 : kConstantBits - kPassBits;
  const auto load = [&](int i)
                        HWY_ATTR { return hn::Load(Ints(), data + i * step); };
  const IntVector turned = times(hn::Add(load(2), load(6)), 4433);
  const IntVector even2 = hn::Add(turned, times(load(6), -15137));
  const IntVector even3 = hn::Add(turned, times(load(2), 6270));
  const IntVector even0 =
      hn::ShiftLeft<kConstantBits>(hn::Add(load(0), load(4)));
  const IntVector even1 =
      hn::ShiftLeft<kConstantBits>(hn::Sub(load(0), load(4)));
  const IntVector even[] = {hn::Add(even0, even3), hn::Add(even1, even2),
                            hn::Sub(even1, even2), hn::Sub(even0, even3)};
  IntVector odd[] = {load(1), load(3), load(5), load(7)};
  rotate_odd(odd[3], odd[2], odd[1], odd[0]);
  for (int i = 0; i < 4; ++i) {
    hn::Store(descale<kBits>(hn::Add(even[i], odd[i])), Ints(),
              data + i * step);
    hn::Store(descale<kBits>(hn::Sub(even[i], odd[i])), Ints(),
              data + (7 - i) * step);
  }
}

// x / 8q to the nearest integer, halves away from 0, times q: coefficients are
// 8 times as large as they are written. Half a unit more than |x| is never
// halfway between two multiples, so that rounding of floats can't matter.
HWY_INLINE IntVector quantize(IntVector x, std::int32_t q) {
  const Vector value = hn::ConvertTo(Floats(), x);
  const auto step = static_cast<float>(q);
  const Vector units = hn::Round(
      hn::Mul(hn::Add(hn::Abs(value), all(0.5F)), all(0.125F / step)));
  return hn::ConvertTo(Ints(), hn::CopySign(hn::Mul(units, all(step)), value));
}

void quantize_rows(const JpegQuantization& table, std::uint8_t* rows,
                   std::int64_t stride, std::int64_t width) {
  constexpr std::int64_t kRow = kJpegBlock * kLanes;
  // Value (y, x) of block b is data[(8 y + x) kLanes + b].
  alignas(64) std::int32_t data[kJpegBlock * kRow];
  for (std::int64_t first = 0; first < width; first += kRow) {
    for (std::int64_t y = 0; y < kJpegBlock; ++y) {
      const std::uint8_t* from = rows + y * stride + first;
      std::int32_t* to = data + y * kRow;
      for (std::int64_t b = 0; b < kLanes; ++b) {
        for (std::int64_t x = 0; x < kJpegBlock; ++x) {
          to[x * kLanes + b] = std::int32_t{from[b * kJpegBlock + x]} - 128;
        }
      }
      transform<false>(to, kLanes);
    }
    for (std::int64_t x = 0; x < kJpegBlock; ++x) {
      std::int32_t* column = data + x * kLanes;
      transform<true>(column, kRow);
      for (std::int64_t y = 0; y < kJpegBlock; ++y) {
        std::int32_t* value = column + y * kRow;
        const auto q = table[static_cast<std::size_t>(y * kJpegBlock + x)];
        hn::Store(quantize(hn::Load(Ints(), value), q), Ints(), value);
      }
      transform_back<false>(column, kRow);
    }
    for (std::int64_t y = 0; y < kJpegBlock; ++y) {
      std::int32_t* from = data + y * kRow;
      transform_back<true>(from, kLanes);
      std::uint8_t* to = rows + y * stride + first;
      for (std::int64_t b = 0; b < kLanes; ++b) {
        for (std::int64_t x = 0; x < kJpegBlock; ++x) {
          to[b * kJpegBlock + x] = static_cast<std::uint8_t>(
              std::clamp(from[x * kLanes + b] + 128, 0, 255));
        }
      }
    }
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

namespace {

JpegQuantization scaled(int quality, bool is_brightness) {
  JpegQuantization result;
  for (std::int32_t i = 0; i < 64; ++i) {
    const std::int32_t entry =
        is_brightness ? jpeg_brightness_table(i) : jpeg_color_table(i);
    result[static_cast<std::size_t>(i)] = jpeg_divisor(entry, quality);
  }
  return result;
}

}  // namespace

JpegQuantization jpeg_luminance(int quality) {
  return scaled(quality, true);
}

JpegQuantization jpeg_chrominance(int quality) {
  return scaled(quality, false);
}

HWY_EXPORT(quantize_rows);

void quantize_blocks(const JpegQuantization& table, std::uint8_t* rows,
                     std::int64_t stride, std::int64_t width) {
  HWY_DYNAMIC_DISPATCH(quantize_rows)(table, rows, stride, width);
}

}  // namespace lathe::cpu
#endif
