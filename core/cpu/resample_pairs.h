// Bilinear interpolation of bytes of up to four channels, in vectors.
// Compiled once a target: the guard is a toggle.
#if defined(LATHE_CORE_CPU_RESAMPLE_PAIRS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_RESAMPLE_PAIRS_H_
#undef LATHE_CORE_CPU_RESAMPLE_PAIRS_H_
#else
#define LATHE_CORE_CPU_RESAMPLE_PAIRS_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/cpu/resample_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::int32_t kVectorChannels = 4;
// A turned image is read across its lines, where no prefetcher of a processor
// follows: what the output row this far below will read is asked for now.
inline constexpr float kRowsAhead = 8;
inline constexpr std::int32_t kPrefetchedPixels = 4;

// Whether eight bytes can be loaded from an image of these extents, and whether
// offsets into it fit an int32.
inline bool has_pairs(const ResampleRows& task) {
  const std::int64_t bytes =
      std::int64_t{task.input_height} * task.input_width * task.channels;
  return task.channels <= kVectorChannels && bytes >= 8 && bytes < (1LL << 31);
}

// A pixel and its right neighbour are one load of eight bytes, which scalar
// code does faster than a gather.
struct Pairs {
  alignas(64) std::uint64_t top[kChunk];
  alignas(64) std::uint64_t bottom[kChunk];
};

// How far that row's pixels are from this one's, but for perspective.
HWY_INLINE std::ptrdiff_t pixels_ahead(const ResampleRows& task) {
  const auto limited = [](float step) {
    return static_cast<std::ptrdiff_t>(limit_position(step * kRowsAhead));
  };
  return limited(task.row[4]) * task.input_width + limited(task.row[1]);
}

HWY_INLINE void load_pairs(const ResampleRows& task, const ChunkTaps& taps,
                           Pairs& pairs) {
  const auto* input = static_cast<const std::uint8_t*>(task.input);
  const std::int32_t stride = task.input_width * task.channels;
  const std::int32_t last = task.input_height * stride - 8;
  alignas(64) std::int32_t top[kChunk];
  alignas(64) std::int32_t bottom[kChunk];
  std::int32_t largest = 0;
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t column = taps.x.first[i] * task.channels;
    top[i] = taps.y.first[i] * stride + column;
    bottom[i] = taps.y.second[i] * stride + column;
    largest = std::max(largest, std::max(top[i], bottom[i]));
  }
  const std::ptrdiff_t ahead = pixels_ahead(task) * task.channels;
  for (std::int32_t i = 0; i < kChunk; i += kPrefetchedPixels) {
    __builtin_prefetch(input + top[i] + ahead);
  }
  if (largest <= last) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      std::memcpy(&pairs.top[i], input + top[i], 8);
      std::memcpy(&pairs.bottom[i], input + bottom[i], 8);
    }
    return;
  }
  // Near the image's end, eight bytes would reach beyond it.
  const auto load = [&](std::int32_t offset) {
    const std::int32_t from = std::min(offset, last);
    std::uint64_t pair = 0;
    std::memcpy(&pair, input + from, 8);
    return pair >> (8 * (offset - from));
  };
  for (std::int32_t i = 0; i < kChunk; ++i) {
    pairs.top[i] = load(top[i]);
    pairs.bottom[i] = load(bottom[i]);
  }
}

template <int index, class V>
HWY_INLINE auto byte_of(V low, V high) {
  const hn::DFromV<V> words;
  const hn::RebindToFloat<decltype(words)> floats;
  const hn::RebindToSigned<decltype(words)> integers;
  const auto word = index < 4 ? low : high;
  const auto byte =
      index % 4 == 3
          ? hn::ShiftRight<24>(word)
          : hn::And(hn::ShiftRight<8 * (index % 4)>(word), hn::Set(words, 255));
  return hn::ConvertTo(floats, hn::BitCast(integers, byte));
}

// Stores channel<0>(), channel<1>() and so on side by side.
template <int channels, class F, class D>
HWY_INLINE void store_channels(const F& channel, D floats, float* to) {
  if constexpr (channels == 1) {
    hn::StoreU(channel.template operator()<0>(), floats, to);
  } else if constexpr (channels == 2) {
    hn::StoreInterleaved2(channel.template operator()<0>(),
                          channel.template operator()<1>(), floats, to);
  } else if constexpr (channels == 3) {
    hn::StoreInterleaved3(channel.template operator()<0>(),
                          channel.template operator()<1>(),
                          channel.template operator()<2>(), floats, to);
  } else {
    hn::StoreInterleaved4(channel.template operator()<0>(),
                          channel.template operator()<1>(),
                          channel.template operator()<2>(),
                          channel.template operator()<3>(), floats, to);
  }
}

template <int channels, bool filled>
HWY_INLINE void interpolate_pairs(const ResampleRows& task,
                                  const ChunkTaps& taps, const Pairs& pairs,
                                  float* values) {
  const hn::CappedTag<float, 16> floats;
  const hn::RebindToUnsigned<decltype(floats)> words;
  using V = hn::Vec<decltype(floats)>;
  const auto lanes = static_cast<std::int32_t>(hn::Lanes(floats));
  const V scale = hn::Set(floats, task.how.scale);
  const V offset = hn::Set(floats, task.how.offset);
  const V fill = hn::Set(floats, task.how.fill_value);
  const V one = hn::Set(floats, 1.0F);
  for (std::int32_t i = 0; i < kChunk; i += lanes) {
    hn::Vec<decltype(words)> top_low;
    hn::Vec<decltype(words)> top_high;
    hn::Vec<decltype(words)> bottom_low;
    hn::Vec<decltype(words)> bottom_high;
    hn::LoadInterleaved2(words,
                         reinterpret_cast<const std::uint32_t*>(pairs.top + i),
                         top_low, top_high);
    hn::LoadInterleaved2(
        words, reinterpret_cast<const std::uint32_t*>(pairs.bottom + i),
        bottom_low, bottom_high);
    const V left = hn::Load(floats, taps.x.first_weight + i);
    const V right = hn::Load(floats, taps.x.second_weight + i);
    const V above = hn::Load(floats, taps.y.first_weight + i);
    const V below = hn::Load(floats, taps.y.second_weight + i);
    // The fill value has the weight that the taps lack.
    const V outside =
        hn::NegMulAdd(hn::Add(left, right), hn::Add(above, below), one);
    const auto channel = [&]<int c>() HWY_ATTR {
      const V top = hn::MulAdd(byte_of<channels + c>(top_low, top_high), right,
                               hn::Mul(byte_of<c>(top_low, top_high), left));
      const V bottom =
          hn::MulAdd(byte_of<channels + c>(bottom_low, bottom_high), right,
                     hn::Mul(byte_of<c>(bottom_low, bottom_high), left));
      V inside = hn::MulAdd(bottom, below, hn::Mul(top, above));
      if constexpr (filled) inside = hn::MulAdd(fill, outside, inside);
      return hn::MulAdd(inside, scale, offset);
    };
    store_channels<channels>(channel, floats, values + i * channels);
  }
}

template <bool filled>
HWY_NOINLINE void interpolate_bytes(const ResampleRows& task,
                                    const ChunkTaps& taps, float* values) {
  Pairs pairs;
  load_pairs(task, taps, pairs);
  switch (task.channels) {
    case 1:
      return interpolate_pairs<1, filled>(task, taps, pairs, values);
    case 2:
      return interpolate_pairs<2, filled>(task, taps, pairs, values);
    case 3:
      return interpolate_pairs<3, filled>(task, taps, pairs, values);
    default:
      return interpolate_pairs<4, filled>(task, taps, pairs, values);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
