#include "core/cpu/color_kernels.h"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/color_kernels.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/color_planes.h"
#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Channel c of pixel i is value i * channels + c, so what differs between
// channels repeats: with this period for the usual numbers of channels, in
// whole vectors.
constexpr std::int64_t kPeriod = 48;

// Every value by itself: function(value).
template <class F>
HWY_INLINE void each_value(const ColorRow& row, const F& function) {
  float* HWY_RESTRICT values = row.values;
  const std::int64_t count = row.pixels * row.channels;
  for (std::int64_t i = 0; i < count; ++i) values[i] = function(values[i]);
}

void mix_channels(std::span<const ColorStep> steps, const float* means,
                  const ValueRange& range, const ColorRow& row, float scale,
                  float offset, float* to) {
  std::int64_t i = 0;
  for (; i + kBlock <= row.pixels; i += kBlock) {
    mix_block(steps, means, range, row.values + 3 * i, scale, offset,
              to + 3 * i);
  }
  if (i == row.pixels) return;
  // One by one, a pixel takes as long as a vector of them.
  alignas(64) float rest[3 * kBlock] = {};
  const std::int64_t count = 3 * (row.pixels - i);
  std::copy_n(row.values + 3 * i, count, rest);
  mix_block(steps, means, range, rest, scale, offset, rest);
  std::copy_n(rest, count, to + 3 * i);
}

// Linear steps on a row as it lies.
void brighten(const ColorStep& step, const ValueRange& range,
              const ColorRow& row) {
  const Clip clip(range);
  const Vector a = all(step.a);
  const Vector width = all(range.high - range.low);
  for_vectors(0, row.pixels * row.channels,
              [&](auto lanes, std::int64_t i) HWY_ATTR {
                const Vector x = lanes.load(row.values + i);
                lanes.store(clip(hn::MulAdd(a, width, x)), row.values + i);
              });
}

void expand(const ColorStep& step, const float* means, const ValueRange& range,
            const ColorRow& row) {
  const auto channels = static_cast<int>(row.channels);
  const auto center = [&](std::int64_t i) {
    return center_of(step.kind, means, range, static_cast<int>(i % channels),
                     channels);
  };
  const std::int64_t count = row.pixels * channels;
  if (kPeriod % channels != 0) {
    for (std::int64_t i = 0; i < count; ++i) {
      row.values[i] = contrasted(row.values[i], step, center(i), range);
    }
    return;
  }
  alignas(64) float centers[kPeriod];
  for (std::int64_t j = 0; j < kPeriod; ++j) centers[j] = center(j);
  const Clip clip(range);
  const Vector a = all(step.a);
  for (std::int64_t i = 0; i < count; i += kPeriod) {
    float* const values = row.values + i;
    for_vectors(0, std::min(kPeriod, count - i),
                [&](auto lanes, std::int64_t j) HWY_ATTR {
                  const Vector from = hn::Load(Floats(), centers + j);
                  const Vector x = hn::Sub(lanes.load(values + j), from);
                  lanes.store(clip(hn::MulAdd(x, a, from)), values + j);
                });
  }
}

void shuffle(const ColorStep& step, const ColorRow& row) {
  const auto channels = static_cast<int>(row.channels);
  int from[4] = {};
  for (int c = 0; c < channels; ++c) from[c] = shuffled(step, c, channels);
  std::int64_t i = 0;
  if (channels == 3) {
    const Floats floats;
    for (; i + kLanes <= row.pixels; i += kLanes) {
      Vector before[3];
      hn::LoadInterleaved3(floats, row.values + 3 * i, before[0], before[1],
                           before[2]);
      hn::StoreInterleaved3(before[from[0]], before[from[1]], before[from[2]],
                            floats, row.values + 3 * i);
    }
  }
  for (; i < row.pixels; ++i) {
    float* pixel = row.values + i * channels;
    float before[4] = {};
    for (int c = 0; c < channels; ++c) before[c] = pixel[c];
    for (int c = 0; c < channels; ++c) pixel[c] = before[from[c]];
  }
}

// x^a = exp(a log x), but for x = 0.
void raise(const ColorStep& step, const ValueRange& range,
           const ColorRow& row) {
  const Vector low = all(range.low);
  const Vector width = all(range.high - range.low);
  for_vectors(
      0, row.pixels * row.channels, [&](auto lanes, std::int64_t i) HWY_ATTR {
        const Vector x = lanes.load(row.values + i);
        const Vector unit =
            hn::Min(hn::Max(hn::Div(hn::Sub(x, low), width), all(0)), all(1));
        const Vector power =
            bounded_exp(hn::Mul(all(step.a), log(hn::Max(unit, all(1e-37F)))));
        lanes.store(
            hn::MulAdd(hn::IfThenElse(hn::Gt(unit, all(0)), power, all(0)),
                       width, low),
            row.values + i);
      });
}

void change(const ColorStep& step, const float* means, const ValueRange& range,
            const ColorRow& row) {
  const ColorStep one = step;
  const ValueRange clipped = range;
  switch (step.kind) {
    case ColorKind::none:
      return;
    case ColorKind::brightness:
      return brighten(step, range, row);
    case ColorKind::exposure:
    case ColorKind::contrast:
    case ColorKind::grey_contrast:
      return expand(step, means, range, row);
    case ColorKind::saturation:
    case ColorKind::hue:
    case ColorKind::grayscale:
      return;
    case ColorKind::gamma:
      return raise(step, range, row);
    case ColorKind::invert:
      return each_value(row, [&](float x) {
        return clip(clipped.low + clipped.high - x, clipped);
      });
    case ColorKind::solarize:
      return each_value(row,
                        [&](float x) { return solarized(x, one, clipped); });
    case ColorKind::posterize:
      return each_value(row,
                        [&](float x) { return posterized(x, one, clipped); });
    case ColorKind::shuffle:
      return shuffle(step, row);
  }
}

void store(const ColorRow& row, const ColorOutput& output) {
  const float scale = output.scale;
  const float offset = output.offset;
  const std::int64_t count = row.pixels * row.channels;
  if (output.type == DType::uint8) {
    // Bytes might be anything's, also the row's, if the compiler isn't told.
    const float* HWY_RESTRICT from = row.values;
    auto* HWY_RESTRICT to = static_cast<std::uint8_t*>(output.values);
    for (std::int64_t i = 0; i < count; ++i) {
      to[i] = to_byte(multiply_add(from[i], scale, offset));
    }
    return;
  }
  auto* to = static_cast<float*>(output.values);
  if (to == row.values && scale == 1.0F && offset == 0.0F) return;
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = multiply_add(row.values[i], scale, offset);
  }
}

// Of three channels, steps that mix them and linear ones beside them share the
// work of taking pixels apart, and the last ones that of storing them.
void change_all(std::span<const ColorStep> steps, const float* means,
                const ValueRange& range, const ColorRow& row,
                const ColorOutput* output) {
  while (!steps.empty()) {
    const auto end =
        std::find_if_not(steps.begin(), steps.end(), [](const ColorStep& step) {
          return step.kind == ColorKind::none || mixes_channels(step.kind) ||
                 is_linear(step.kind);
        });
    const bool mixes = std::any_of(
        steps.begin(), end,
        [](const ColorStep& step) { return mixes_channels(step.kind); });
    if (mixes && row.channels == 3) {
      const auto count = static_cast<std::size_t>(end - steps.begin());
      if (output != nullptr && count == steps.size() &&
          output->type == DType::float32) {
        return mix_channels(steps, means, range, row, output->scale,
                            output->offset,
                            static_cast<float*>(output->values));
      }
      mix_channels(steps.first(count), means, range, row, 1, 0, row.values);
      steps = steps.subspan(count);
    } else {
      change(steps.front(), means, range, row);
      steps = steps.subspan(1);
    }
  }
  if (output != nullptr) store(row, *output);
}

void sum(const ColorRow& row, double* sums) {
  const std::int64_t count = row.pixels * row.channels;
  if (kPeriod % row.channels != 0) {
    for (std::int64_t i = 0; i < count; ++i) {
      sums[i % row.channels] += static_cast<double>(row.values[i]);
    }
    return;
  }
  constexpr std::int64_t kVectors = kPeriod / kLanes;
  Vector vectors[kVectors];
  for (auto& vector : vectors) vector = all(0);
  std::int64_t i = 0;
  for (; i + kPeriod <= count; i += kPeriod) {
    for (std::int64_t v = 0; v < kVectors; ++v) {
      vectors[v] =
          hn::Add(vectors[v], hn::LoadU(Floats(), row.values + i + v * kLanes));
    }
  }
  alignas(64) float parts[kPeriod];
  for (std::int64_t v = 0; v < kVectors; ++v) {
    hn::Store(vectors[v], Floats(), parts + v * kLanes);
  }
  for (std::int64_t j = 0; i + j < count; ++j) parts[j] += row.values[i + j];
  for (std::int64_t c = 0; c < row.channels; ++c) {
    for (std::int64_t j = c; j < kPeriod; j += row.channels) {
      sums[c] += static_cast<double>(parts[j]);
    }
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(change_all);
HWY_EXPORT(sum);

void change_colors(std::span<const ColorStep> steps, const float* means,
                   const ValueRange& range, const ColorRow& row) {
  HWY_DYNAMIC_DISPATCH(change_all)(steps, means, range, row, nullptr);
}

void change_and_store(std::span<const ColorStep> steps, const float* means,
                      const ValueRange& range, const ColorRow& row,
                      const ColorOutput& output) {
  HWY_DYNAMIC_DISPATCH(change_all)(steps, means, range, row, &output);
}

void add_sums(const ColorRow& row, double* sums) {
  HWY_DYNAMIC_DISPATCH(sum)(row, sums);
}

void store_row(const ColorRow& row, const ColorOutput& output) {
  change_and_store({}, nullptr, {}, row, output);
}

}  // namespace lathe::cpu
#endif
