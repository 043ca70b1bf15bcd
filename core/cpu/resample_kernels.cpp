#include "core/cpu/resample_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/resample_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Pixels that one round computes: first where, then what.
constexpr std::int32_t kChunk = 32;
constexpr std::int32_t kVectorChannels = 4;
// A turned image is read across its lines, where no prefetcher of a processor
// follows: what the output row this far below will read is asked for now.
constexpr float kRowsAhead = 8;
constexpr std::int32_t kPrefetchedPixels = 4;

float value(std::uint8_t pixel) {
  return static_cast<float>(static_cast<std::int32_t>(pixel));
}
float value(float pixel) {
  return pixel;
}
void store(float value, float& pixel) {
  pixel = value;
}
void store(float value, std::uint8_t& pixel) {
  pixel = to_byte(value);
}

// Input positions of kChunk pixels of an output row.
struct Positions {
  alignas(64) float x[kChunk];
  alignas(64) float y[kChunk];
};

// Calls function<mode>(): only the search for taps is compiled for each mode.
template <class F>
HWY_INLINE void with_mode(FillMode mode, const F& function) {
  switch (mode) {
    case FillMode::constant:
      return function.template operator()<FillMode::constant>();
    case FillMode::nearest:
      return function.template operator()<FillMode::nearest>();
    case FillMode::reflect:
      return function.template operator()<FillMode::reflect>();
    case FillMode::mirror:
      return function.template operator()<FillMode::mirror>();
    case FillMode::wrap:
      return function.template operator()<FillMode::wrap>();
  }
}

// The taps of kChunk pixels along one axis.
struct AxisTaps {
  alignas(64) std::int32_t first[kChunk];
  alignas(64) std::int32_t second[kChunk];
  alignas(64) float first_weight[kChunk];
  alignas(64) float second_weight[kChunk];

  Taps at(std::int32_t i) const {
    return {first[i], second[i], first_weight[i], second_weight[i]};
  }
};

struct ChunkTaps {
  AxisTaps x;
  AxisTaps y;
};

HWY_INLINE void find_positions(const float* row, std::int32_t first,
                               std::int32_t y, Positions& positions) {
  const auto line = static_cast<float>(y);
  if (is_affine(row)) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position =
          affine_position(row, static_cast<float>(first + i), line);
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
    return;
  }
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const Position position =
        position_of(row, static_cast<float>(first + i), line);
    positions.x[i] = position.x;
    positions.y[i] = position.y;
  }
}

// Whether low <= position < high for all of them.
HWY_INLINE bool all_within(const float* positions, float low, float high) {
  std::int32_t outside = 0;
  for (std::int32_t i = 0; i < kChunk; ++i) {
    outside |= positions[i] < low ? 1 : 0;
    outside |= positions[i] < high ? 0 : 1;
  }
  return outside == 0;
}

template <FillMode mode>
void find_taps(const float* HWY_RESTRICT positions, std::int32_t count,
               AxisTaps& HWY_RESTRICT axis) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const Taps taps = taps_of<mode>(positions[i], count);
    axis.first[i] = taps.first;
    axis.second[i] = taps.second;
    axis.first_weight[i] = taps.first_weight;
    axis.second_weight[i] = taps.second_weight;
  }
}

// Where both taps are pixels of the image for sure.
HWY_INLINE void find_inner_taps(const float* HWY_RESTRICT positions,
                                AxisTaps& HWY_RESTRICT axis) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t first = floor_index(positions[i]);
    const float fraction = positions[i] - static_cast<float>(first);
    axis.first[i] = first;
    axis.second[i] = first + 1;
    axis.first_weight[i] = 1.0F - fraction;
    axis.second_weight[i] = fraction;
  }
}

// Says whether all taps are pixels of the image without fixing.
HWY_INLINE bool find_axis(FillMode mode, const float* positions,
                          std::int32_t count, AxisTaps& axis) {
  if (all_within(positions, 0.0F, static_cast<float>(count - 1))) {
    find_inner_taps(positions, axis);
    return true;
  }
  with_mode(mode, [&]<FillMode kMode>() {
    find_taps<kMode>(positions, count, axis);
  });
  return false;
}

// Any number of channels, bytes or floats, any taps: one pixel at a time.
template <class From, class To>
HWY_INLINE void interpolate_plainly(const ResampleRows& task,
                                    const ChunkTaps& taps, std::int32_t count,
                                    To* output) {
  const auto* input = static_cast<const From*>(task.input);
  const std::ptrdiff_t width = task.input_width;
  const std::ptrdiff_t channels = task.channels;
  for (std::int32_t i = 0; i < count; ++i) {
    const Taps x = taps.x.at(i);
    const Taps y = taps.y.at(i);
    const From* p00 = input + (y.first * width + x.first) * channels;
    const From* p01 = input + (y.first * width + x.second) * channels;
    const From* p10 = input + (y.second * width + x.first) * channels;
    const From* p11 = input + (y.second * width + x.second) * channels;
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
      const float inside =
          interpolate(value(p00[c]), value(p01[c]), value(p10[c]),
                      value(p11[c]), x, y, task.how.fill_value);
      store(multiply_add(inside, task.how.scale, task.how.offset), *output++);
    }
  }
}

// Bytes of up to four channels: a pixel and its right neighbour are one load of
// eight bytes, which scalar code does faster than a gather.
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
    float* to = values + i * channels;
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
}

template <bool filled>
HWY_INLINE void interpolate_bytes(const ResampleRows& task,
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

template <class To>
HWY_INLINE void store_values(const float* values, std::ptrdiff_t count,
                             To* output) {
  for (std::ptrdiff_t i = 0; i < count; ++i) store(values[i], output[i]);
}

// Whether eight bytes can be loaded from an image of these extents, and whether
// offsets into it fit an int32.
bool has_pairs(const ResampleRows& task) {
  const std::int64_t bytes =
      std::int64_t{task.input_height} * task.input_width * task.channels;
  return task.channels <= kVectorChannels && bytes >= 8 && bytes < (1LL << 31);
}

template <class From, class To>
void interpolate_rows(const ResampleRows& task) {
  const FillMode mode = task.how.fill_mode;
  alignas(64) float buffer[kChunk * kVectorChannels];
  Positions positions;
  ChunkTaps taps;
  const bool pairs = sizeof(From) == 1 && has_pairs(task);
  auto* output = static_cast<To*>(task.output) +
                 std::ptrdiff_t{task.first} * task.output_width * task.channels;
  for (std::int32_t y = task.first; y < task.last; ++y) {
    for (std::int32_t x = 0; x < task.output_width; x += kChunk) {
      const std::int32_t count = std::min(kChunk, task.output_width - x);
      const std::ptrdiff_t values = std::ptrdiff_t{count} * task.channels;
      find_positions(task.row, x, y, positions);
      const bool inner_x =
          find_axis(mode, positions.x, task.input_width, taps.x);
      const bool inner_y =
          find_axis(mode, positions.y, task.input_height, taps.y);
      if (!pairs || (mode == FillMode::wrap && !inner_x)) {
        interpolate_plainly<From>(task, taps, count, output);
      } else {
        float* to = buffer;
        if constexpr (sizeof(To) == sizeof(float)) {
          if (count == kChunk) to = output;
        }
        if (mode == FillMode::constant && !(inner_x && inner_y)) {
          interpolate_bytes<true>(task, taps, to);
        } else {
          interpolate_bytes<false>(task, taps, to);
        }
        if (to == buffer) store_values(buffer, values, output);
      }
      output += values;
    }
  }
}

template <class From, class To>
void nearest_pixel(const ResampleRows& task, const From* from, To* to) {
  for (std::int32_t c = 0; c < task.channels; ++c) {
    const float pixel = from == nullptr ? task.how.fill_value : value(from[c]);
    store(multiply_add(pixel, task.how.scale, task.how.offset), to[c]);
  }
}

// Where the nearest pixels are, counted in pixels; -1 for the fill value.
template <FillMode mode>
void find_nearest(const Positions& positions, std::int32_t width,
                  std::int32_t height, std::int32_t* offsets) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t x = nearest_index(positions.x[i]);
    const std::int32_t y = nearest_index(positions.y[i]);
    const std::int32_t offset =
        fixed_index<mode>(y, height) * width + fixed_index<mode>(x, width);
    const bool inside = mode != FillMode::constant ||
                        (in_range(x, width) & in_range(y, height));
    offsets[i] = inside ? offset : -1;
  }
}

HWY_INLINE void find_inner_nearest(const Positions& positions,
                                   std::int32_t width, std::int32_t* offsets) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    offsets[i] =
        nearest_index(positions.y[i]) * width + nearest_index(positions.x[i]);
  }
}

template <class From, class To>
void nearest_rows(const ResampleRows& task) {
  Positions positions;
  alignas(64) std::int32_t offsets[kChunk];
  const auto* input = static_cast<const From*>(task.input);
  const std::int32_t width = task.input_width;
  const std::int32_t height = task.input_height;
  const bool copies = sizeof(From) == 1 && sizeof(To) == 1 &&
                      task.channels == 1 && task.how.scale == 1.0F &&
                      task.how.offset == 0.0F;
  const To fill = static_cast<To>(to_byte(task.how.fill_value));
  auto* output = static_cast<To*>(task.output) +
                 std::ptrdiff_t{task.first} * task.output_width * task.channels;
  for (std::int32_t y = task.first; y < task.last; ++y) {
    for (std::int32_t x = 0; x < task.output_width; x += kChunk) {
      const std::int32_t count = std::min(kChunk, task.output_width - x);
      find_positions(task.row, x, y, positions);
      if (all_within(positions.x, 0.0F, static_cast<float>(width - 1)) &&
          all_within(positions.y, 0.0F, static_cast<float>(height - 1))) {
        find_inner_nearest(positions, width, offsets);
      } else {
        with_mode(task.how.fill_mode, [&]<FillMode kMode>() {
          find_nearest<kMode>(positions, width, height, offsets);
        });
      }
      if (copies) {
        for (std::int32_t i = 0; i < count; ++i) {
          output[i] =
              offsets[i] < 0 ? fill : static_cast<To>(input[offsets[i]]);
        }
      } else {
        for (std::int32_t i = 0; i < count; ++i) {
          const std::ptrdiff_t offset = offsets[i];
          nearest_pixel(task,
                        offset < 0 ? nullptr : input + offset * task.channels,
                        output + std::ptrdiff_t{i} * task.channels);
        }
      }
      output += std::ptrdiff_t{count} * task.channels;
    }
  }
}

// Flips and shifts by whole pixels that stay inside: every output pixel is an
// input pixel, and both interpolations read just that.
struct WholePixels {
  bool valid = false;
  std::int32_t step_x = 1;
  std::int32_t step_y = 1;
  std::int32_t first_x = 0;
  std::int32_t first_y = 0;
};

bool is_flip_axis(float step, float start, std::int32_t from, std::int32_t to) {
  const float end = start + step * static_cast<float>(to - 1);
  return (step == 1.0F || step == -1.0F) && start == std::floor(start) &&
         start >= 0.0F && end >= 0.0F && start < static_cast<float>(from) &&
         end < static_cast<float>(from);
}

WholePixels whole_pixels(const ResampleRows& task) {
  const float* row = task.row;
  WholePixels whole;
  whole.valid =
      is_affine(row) && row[1] == 0.0F && row[3] == 0.0F &&
      is_flip_axis(row[0], row[2], task.input_width, task.output_width) &&
      is_flip_axis(row[4], row[5], task.input_height, task.output_height);
  if (whole.valid) {
    whole.step_x = static_cast<std::int32_t>(row[0]);
    whole.step_y = static_cast<std::int32_t>(row[4]);
    whole.first_x = static_cast<std::int32_t>(row[2]);
    whole.first_y = static_cast<std::int32_t>(row[5]);
  }
  return whole;
}

template <class From, class To>
HWY_INLINE void copy_values(const ResampleRows& task, const From* from,
                            std::ptrdiff_t count, To* to) {
  const float scale = task.how.scale;
  const float offset = task.how.offset;
  if (sizeof(From) == 1 && sizeof(To) == 1 && scale == 1.0F && offset == 0.0F) {
    std::memcpy(to, from, static_cast<std::size_t>(count));
    return;
  }
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    store(multiply_add(value(from[i]), scale, offset), to[i]);
  }
}

template <int channels, class From>
HWY_INLINE void reverse_pixels(const From* last, std::int32_t count, From* to) {
  for (std::int32_t i = 0; i < count; ++i) {
    for (std::int32_t c = 0; c < channels; ++c) {
      to[i * channels + c] = (last - i * channels)[c];
    }
  }
}

template <class From, class To>
void whole_pixel_rows(const ResampleRows& task, const WholePixels& whole) {
  constexpr std::int32_t kReversed = 64;
  alignas(64) From reversed[kReversed * kVectorChannels];
  const std::ptrdiff_t channels = task.channels;
  const std::int32_t width = task.output_width;
  for (std::int32_t y = task.first; y < task.last; ++y) {
    const std::ptrdiff_t line = whole.first_y + whole.step_y * y;
    const From* from = static_cast<const From*>(task.input) +
                       (line * task.input_width + whole.first_x) * channels;
    To* to =
        static_cast<To*>(task.output) + std::ptrdiff_t{y} * width * channels;
    if (whole.step_x == 1) {
      copy_values(task, from, width * channels, to);
      continue;
    }
    for (std::int32_t x = 0; x < width; x += kReversed) {
      const std::int32_t count = std::min(kReversed, width - x);
      const From* last = from - x * channels;
      switch (task.channels) {
        case 1:
          reverse_pixels<1>(last, count, reversed);
          break;
        case 2:
          reverse_pixels<2>(last, count, reversed);
          break;
        case 3:
          reverse_pixels<3>(last, count, reversed);
          break;
        case 4:
          reverse_pixels<4>(last, count, reversed);
          break;
        default:
          for (std::int32_t i = 0; i < count; ++i) {
            copy_values(task, last - i * channels, channels,
                        to + (x + i) * channels);
          }
          continue;
      }
      copy_values(task, reversed, count * channels, to + x * channels);
    }
  }
}

template <class From, class To>
void typed_rows(const ResampleRows& task) {
  const WholePixels whole = whole_pixels(task);
  if (whole.valid) return whole_pixel_rows<From, To>(task, whole);
  if (task.how.interpolation == Interpolation::nearest) {
    return nearest_rows<From, To>(task);
  }
  interpolate_rows<From, To>(task);
}

void rows(const ResampleRows& task) {
  const bool from_bytes = task.input_type == DType::uint8;
  if (task.output_type == DType::uint8) {
    return from_bytes ? typed_rows<std::uint8_t, std::uint8_t>(task)
                      : typed_rows<float, std::uint8_t>(task);
  }
  return from_bytes ? typed_rows<std::uint8_t, float>(task)
                    : typed_rows<float, float>(task);
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(rows);

void resample_rows(const ResampleRows& task) {
  HWY_DYNAMIC_DISPATCH(rows)(task);
}

}  // namespace lathe::cpu
#endif
