#include "core/cpu/resample_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/resample_kernels.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/resample_chunk.h"
#include "core/cpu/resample_cubic.h"
#include "core/cpu/resample_inner.h"
#include "core/cpu/resample_pairs.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

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

template <class To>
HWY_INLINE void store_values(const float* values, std::ptrdiff_t count,
                             To* output) {
  for (std::ptrdiff_t i = 0; i < count; ++i) store(values[i], output[i]);
}

template <class From, class To>
void interpolate_rows(const ResampleRows& task) {
  const FillMode mode = task.how.fill_mode;
  alignas(64) float buffer[kChunk * kVectorChannels];
  Positions positions;
  ChunkTaps taps;
  const bool pairs = sizeof(From) == 1 && has_pairs(task);
  auto* output = static_cast<To*>(task.output);
  for (std::int32_t y = task.first; y < task.last; ++y) {
    const Columns inner = pairs ? inner_columns(task, y, 1) : Columns();
    for (std::int32_t x = 0; x < task.output_width; x += kChunk) {
      const std::int32_t count = std::min(kChunk, task.output_width - x);
      const std::ptrdiff_t values = std::ptrdiff_t{count} * task.channels;
      float* to = buffer;
      if constexpr (sizeof(To) == sizeof(float)) {
        if (count == kChunk) to = output;
      }
      if (inner.have(x)) {
        interpolate_inner(task, x, y, to);
        if (to == buffer) store_values(buffer, values, output);
        output += values;
        continue;
      }
      find_positions(task.row, task.warp, x, y, positions);
      const bool inner_x =
          find_axis(mode, positions.x, task.input_width, taps.x);
      const bool inner_y =
          find_axis(mode, positions.y, task.input_height, taps.y);
      if (!pairs || (mode == FillMode::wrap && !inner_x)) {
        interpolate_plainly<From>(task, taps, count, output);
      } else {
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

template <class From, class To>
void nearest_rows(const ResampleRows& task) {
  Positions positions;
  InnerTaps taps;
  std::int32_t* const offsets = taps.offset;
  const auto* input = static_cast<const From*>(task.input);
  const std::int32_t width = task.input_width;
  const std::int32_t height = task.input_height;
  const bool copies = sizeof(From) == 1 && sizeof(To) == 1 &&
                      task.channels == 1 && task.how.scale == 1.0F &&
                      task.how.offset == 0.0F;
  const To fill = static_cast<To>(to_byte(task.how.fill_value));
  auto* output = static_cast<To*>(task.output);
  for (std::int32_t y = task.first; y < task.last; ++y) {
    const Columns inner = inner_columns(task, y, 0);
    for (std::int32_t x = 0; x < task.output_width; x += kChunk) {
      const std::int32_t count = std::min(kChunk, task.output_width - x);
      if (inner.have(x)) {
        find_inner_taps(task, x, y, 0.5F, taps);
        prefetch_ahead(task, taps);
      } else {
        find_positions(task.row, task.warp, x, y, positions);
        find_nearest(task.how.fill_mode, positions, width, height, offsets);
      }
      if (copies && inner.have(x)) {
#pragma GCC unroll 8
        for (std::int32_t i = 0; i < kChunk; ++i) {
          output[i] = static_cast<To>(input[offsets[i]]);
        }
      } else if (copies) {
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
    To* to = static_cast<To*>(task.output) +
             std::ptrdiff_t{y - task.first} * width * channels;
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
  if (task.how.interpolation == Interpolation::bicubic) {
    return cubic_rows<From, To>(task);
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

namespace {

bool is_flip_axis(float step, float start, std::int32_t from, std::int32_t to) {
  const float end = start + step * static_cast<float>(to - 1);
  return (step == 1.0F || step == -1.0F) && start == std::floor(start) &&
         start >= 0.0F && end >= 0.0F && start < static_cast<float>(from) &&
         end < static_cast<float>(from);
}

}  // namespace

WholePixels whole_pixels(const ResampleRows& task) {
  const float* row = task.row;
  WholePixels whole;
  whole.valid =
      task.warp == nullptr && is_affine(row) && row[1] == 0.0F &&
      row[3] == 0.0F &&
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

HWY_EXPORT(rows);

void resample_rows(const ResampleRows& task) {
  HWY_DYNAMIC_DISPATCH(rows)(task);
}

}  // namespace lathe::cpu
#endif
