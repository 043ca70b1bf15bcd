// Chunks that an affine row takes from inside the image: no tap is to be
// replaced, so that positions, taps and values stay in registers.
// Compiled once a target: the guard is a toggle.
#if defined(LATHE_CORE_CPU_RESAMPLE_INNER_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_RESAMPLE_INNER_H_
#undef LATHE_CORE_CPU_RESAMPLE_INNER_H_
#else
#define LATHE_CORE_CPU_RESAMPLE_INNER_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/cpu/resample_pairs.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Whether a chunk's pixels from (x, y) on all come from between the first
// pixel and the last, and `below` lines before the last line. Rounding keeps
// the order of positions along a row, so that its ends tell.
HWY_INLINE bool is_inner(const ResampleRows& task, std::int32_t x,
                         std::int32_t y, std::int32_t below) {
  const auto line = static_cast<float>(y);
  const Position first = affine_position(task.row, static_cast<float>(x), line);
  const Position last =
      affine_position(task.row, static_cast<float>(x + kChunk - 1), line);
  const auto right = static_cast<float>(task.input_width - 1);
  const auto bottom = static_cast<float>(task.input_height - 1 - below);
  return first.x >= 0.0F && first.x < right && first.y >= 0.0F &&
         first.y < bottom && last.x >= 0.0F && last.x < right &&
         last.y >= 0.0F && last.y < bottom;
}

// Columns [first, last) of an output row.
struct Columns {
  std::int32_t first = 0;
  std::int32_t last = 0;

  bool have(std::int32_t x) const { return x >= first && x < last; }
};

// Those of the chunks that are inside, as is_inner() says it: as positions have
// an order, they are neighbours. None where the row is not affine.
HWY_INLINE Columns inner_columns(const ResampleRows& task, std::int32_t y,
                                 std::int32_t below) {
  // Eight bytes from a line before the last then end within the last.
  constexpr std::int32_t kLeastWidth = 8;
  if (task.warp != nullptr || !is_affine(task.row) ||
      task.input_width < kLeastWidth) {
    return {};
  }
  Columns inner{.last = task.output_width / kChunk * kChunk};
  while (inner.first < inner.last && !is_inner(task, inner.first, y, below)) {
    inner.first += kChunk;
  }
  while (inner.first < inner.last &&
         !is_inner(task, inner.last - kChunk, y, below)) {
    inner.last -= kChunk;
  }
  return inner;
}

// Where a chunk's pixels come from: the offset of the pixel above and left of
// the position, counted in pixels, and how far the position is from it.
struct InnerTaps {
  alignas(64) std::int32_t offset[kChunk];
  alignas(64) float right[kChunk];
  alignas(64) float below[kChunk];
};

// The integer that a whole number of at most 2^22 is. A conversion would see
// to overflow, too.
template <class V>
HWY_INLINE auto integer_of(V whole) {
  const hn::DFromV<V> floats;
  const hn::RebindToSigned<decltype(floats)> integers;
  constexpr float kExact = 0x1p23F;
  return hn::Sub(hn::BitCast(integers, hn::Add(whole, hn::Set(floats, kExact))),
                 hn::BitCast(integers, hn::Set(floats, kExact)));
}

// For positions moved by `shift`. Not inlined: compilers that see who reads the
// offsets take them out of vectors one by one, which is slower.
HWY_NOINLINE void find_inner_taps(const ResampleRows& task, std::int32_t x,
                                  std::int32_t y, float shift,
                                  InnerTaps& taps) {
  const hn::CappedTag<float, 16> floats;
  const hn::RebindToSigned<decltype(floats)> integers;
  using V = hn::Vec<decltype(floats)>;
  constexpr auto kStep = static_cast<std::int32_t>(hn::MaxLanes(floats));
  const float* row = task.row;
  const auto line = static_cast<float>(y);
  const V step_x = hn::Set(floats, row[0]);
  const V step_y = hn::Set(floats, row[3]);
  const V start_x = hn::Set(floats, multiply_add(row[1], line, row[2]));
  const V start_y = hn::Set(floats, multiply_add(row[4], line, row[5]));
  const V moved = hn::Set(floats, shift);
  const auto width = hn::Set(integers, task.input_width);
  V column =
      hn::Add(hn::Iota(floats, 0), hn::Set(floats, static_cast<float>(x)));
  for (std::int32_t i = 0; i < kChunk; i += kStep) {
    const V across = hn::Add(hn::MulAdd(step_x, column, start_x), moved);
    const V down = hn::Add(hn::MulAdd(step_y, column, start_y), moved);
    const V left = hn::Floor(across);
    const V above = hn::Floor(down);
    hn::Store(hn::Add(hn::Mul(integer_of(above), width), integer_of(left)),
              integers, taps.offset + i);
    hn::Store(hn::Sub(across, left), floats, taps.right + i);
    hn::Store(hn::Sub(down, above), floats, taps.below + i);
    column = hn::Add(column, hn::Set(floats, static_cast<float>(kStep)));
  }
}

// Asks for what the pixels of an output row further down will read.
HWY_INLINE void prefetch_ahead(const ResampleRows& task,
                               const InnerTaps& taps) {
  const auto* input = static_cast<const std::byte*>(task.input);
  const std::ptrdiff_t bytes =
      task.channels * static_cast<std::ptrdiff_t>(size_of(task.input_type));
  const std::ptrdiff_t ahead = pixels_ahead(task);
  for (std::int32_t i = 0; i < kChunk; i += kPrefetchedPixels) {
    __builtin_prefetch(input + (taps.offset[i] + ahead) * bytes);
  }
}

#if HWY_TARGET == HWY_SCALAR
template <int channels, class D>
HWY_INLINE void load_words(D words, const std::uint8_t* input,
                           const std::int32_t* offsets, hn::Vec<D>& low,
                           hn::Vec<D>& high) {
  std::uint32_t pair[2];
  std::memcpy(pair, input + std::ptrdiff_t{*offsets} * channels, sizeof(pair));
  low = hn::Set(words, pair[0]);
  high = hn::Set(words, pair[1]);
}
#else
// Eight bytes from every other pixel.
template <int channels, class D>
HWY_INLINE hn::Vec<D> load_every_other(D words, const std::uint8_t* input,
                                       const std::int32_t* offsets) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::LoadU(words, reinterpret_cast<const std::uint64_t*>(
                                input + std::ptrdiff_t{*offsets} * channels));
  } else {
    const hn::Half<D> half;
    return hn::Combine(
        words,
        load_every_other<channels>(half, input, offsets + hn::MaxLanes(D())),
        load_every_other<channels>(half, input, offsets));
  }
}

// The first four bytes at each offset, and the next four.
template <int channels, class D>
HWY_INLINE void load_words(D words, const std::uint8_t* input,
                           const std::int32_t* offsets, hn::Vec<D>& low,
                           hn::Vec<D>& high) {
  const hn::RepartitionToWide<D> wide;
  const auto even =
      hn::BitCast(words, load_every_other<channels>(wide, input, offsets));
  const auto odd =
      hn::BitCast(words, load_every_other<channels>(wide, input, offsets + 1));
  low = hn::OddEven(hn::Shuffle2301(odd), even);
  high = hn::OddEven(odd, hn::Shuffle2301(even));
}
#endif

// kChunk pixels from (x, y) on, inside and a line before the last, for which
// has_pairs() holds.
template <int channels>
HWY_INLINE void interpolate_inner(const ResampleRows& task, std::int32_t x,
                                  std::int32_t y, float* values) {
  const hn::CappedTag<float, 16> floats;
  const hn::RebindToUnsigned<decltype(floats)> words;
  using V = hn::Vec<decltype(floats)>;
  constexpr auto kStep = static_cast<std::int32_t>(hn::MaxLanes(floats));
  const auto* input = static_cast<const std::uint8_t*>(task.input);
  const std::ptrdiff_t stride = std::ptrdiff_t{task.input_width} * channels;
  const V one = hn::Set(floats, 1.0F);
  const V scale = hn::Set(floats, task.how.scale);
  const V offset = hn::Set(floats, task.how.offset);
  InnerTaps taps;
  find_inner_taps(task, x, y, 0, taps);
  prefetch_ahead(task, taps);
  for (std::int32_t i = 0; i < kChunk; i += kStep) {
    hn::Vec<decltype(words)> top_low;
    hn::Vec<decltype(words)> top_high;
    hn::Vec<decltype(words)> bottom_low;
    hn::Vec<decltype(words)> bottom_high;
    load_words<channels>(words, input, taps.offset + i, top_low, top_high);
    load_words<channels>(words, input + stride, taps.offset + i, bottom_low,
                         bottom_high);
    const V right = hn::Load(floats, taps.right + i);
    const V below = hn::Load(floats, taps.below + i);
    const V left = hn::Sub(one, right);
    const V above = hn::Sub(one, below);
    const auto channel = [&]<int c>() HWY_ATTR {
      const V top = hn::MulAdd(byte_of<channels + c>(top_low, top_high), right,
                               hn::Mul(byte_of<c>(top_low, top_high), left));
      const V bottom =
          hn::MulAdd(byte_of<channels + c>(bottom_low, bottom_high), right,
                     hn::Mul(byte_of<c>(bottom_low, bottom_high), left));
      return hn::MulAdd(hn::MulAdd(bottom, below, hn::Mul(top, above)), scale,
                        offset);
    };
    store_channels<channels>(channel, floats, values + i * channels);
  }
}

// The same for any number of channels that has_pairs() allows.
HWY_NOINLINE void interpolate_inner(const ResampleRows& task, std::int32_t x,
                                    std::int32_t y, float* values) {
  switch (task.channels) {
    case 1:
      return interpolate_inner<1>(task, x, y, values);
    case 2:
      return interpolate_inner<2>(task, x, y, values);
    case 3:
      return interpolate_inner<3>(task, x, y, values);
    default:
      return interpolate_inner<4>(task, x, y, values);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
