#include "core/cpu/mix.h"

#include <algorithm>
#include <array>

#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/mix.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

/// What every row of a sample shares.
struct Sample {
  const MixStep& step;
  std::int64_t index = 0;
  /// For copy_paste: which classes are pasted, and where the partner's are.
  const bool* pasted = nullptr;
  const std::uint8_t* classes = nullptr;
};

/// Rows of a plane, images or masks.
template <class T>
struct Rows {
  const T* from;
  T* to;
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
  bool blended;

  std::int64_t length() const { return width * channels; }
  const T* row(std::int64_t n, std::int64_t y) const {
    return from + (n * height + y) * length();
  }
};

float value(float number) {
  return number;
}
float value(std::uint8_t number) {
  return static_cast<float>(number);
}
void store(float number, float& to) {
  to = number;
}
void store(float number, std::uint8_t& to) {
  to = to_byte(number);
}

void blend(const MixStep& step, const float* own, const float* other,
           std::int64_t count, float* to) {
  const Vector a = all(step.numbers[0]);
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    const Vector partner = lanes.load(other + i);
    lanes.store(hn::MulAdd(a, hn::Sub(lanes.load(own + i), partner), partner),
                to + i);
  });
}

void blend(const MixStep& step, const std::uint8_t* own,
           const std::uint8_t* other, std::int64_t count, std::uint8_t* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = to_byte(mixed_up(step, value(own[i]), value(other[i])));
  }
}

/// Pixels [first, last) of a mosaic's row, which show one tile.
template <class T>
void mosaic_tile(const Rows<T>& rows, const MixStep& step, std::int64_t sample,
                 const TilePosition& row, std::int64_t first, std::int64_t last,
                 T* to) {
  const auto height = static_cast<std::int32_t>(rows.height);
  const auto width = static_cast<std::int32_t>(rows.width);
  const std::int64_t channels = rows.channels;
  const auto& numbers = step.numbers;
  if (!rows.blended) {
    const T* line =
        rows.row(sample, clamp_index(nearest_index(row.position), height));
    for (std::int64_t x = first; x < last; ++x) {
      const float at = tile_position(numbers[0], numbers[1], x, width).position;
      std::copy_n(line + clamp_index(nearest_index(at), width) * channels,
                  channels, to + x * channels);
    }
    return;
  }
  const Taps ty = taps_of<FillMode::nearest>(row.position, height);
  const T* top = rows.row(sample, ty.first);
  const T* bottom = rows.row(sample, ty.second);
  for (std::int64_t x = first; x < last; ++x) {
    const Taps tx = taps_of<FillMode::nearest>(
        tile_position(numbers[0], numbers[1], x, width).position, width);
    const std::int64_t left = tx.first * channels;
    const std::int64_t right = tx.second * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      store(interpolate(value(top[left + c]), value(top[right + c]),
                        value(bottom[left + c]), value(bottom[right + c]), tx,
                        ty, 0),
            to[x * channels + c]);
    }
  }
}

template <class T>
void mosaic_row(const Rows<T>& rows, const Sample& sample, std::int64_t y,
                T* to) {
  const auto& numbers = sample.step.numbers;
  const TilePosition row =
      tile_position(numbers[0], numbers[2], y, rows.height);
  std::int64_t split = 0;
  while (split < rows.width &&
         tile_position(numbers[0], numbers[1], split, rows.width).tile == 0) {
    ++split;
  }
  mosaic_tile(rows, sample.step,
              tile_sample(sample.step, sample.index, 2 * row.tile), row, 0,
              split, to);
  mosaic_tile(rows, sample.step,
              tile_sample(sample.step, sample.index, 2 * row.tile + 1), row,
              split, rows.width, to);
}

template <class T>
void mix_row(const Rows<T>& rows, const Sample& sample, std::int64_t y) {
  const MixStep& step = sample.step;
  T* to = rows.to + (sample.index * rows.height + y) * rows.length();
  if (step.kind == MixKind::mosaic) return mosaic_row(rows, sample, y, to);
  const T* own = rows.row(sample.index, y);
  const T* other = rows.row(step.partners[0], y);
  if (step.kind == MixKind::mixup) {
    if (rows.blended) return blend(step, own, other, rows.length(), to);
    own = partner_prevails(step) ? other : own;
  }
  std::copy_n(own, rows.length(), to);
  if (step.kind == MixKind::cutmix) {
    const auto top = static_cast<std::int64_t>(step.numbers[1]);
    const auto bottom = static_cast<std::int64_t>(step.numbers[3]);
    if (y < top || y >= bottom) return;
    const auto left = static_cast<std::int64_t>(step.numbers[0]);
    const auto right = static_cast<std::int64_t>(step.numbers[2]);
    std::copy_n(other + left * rows.channels, (right - left) * rows.channels,
                to + left * rows.channels);
  }
  if (step.kind == MixKind::copy_paste) {
    const std::uint8_t* classes = sample.classes + y * rows.width;
    for (std::int64_t x = 0; x < rows.width; ++x) {
      if (!sample.pasted[classes[x]]) continue;
      std::copy_n(other + x * rows.channels, rows.channels,
                  to + x * rows.channels);
    }
  }
}

template <class T>
Rows<T> rows_of(const Tensor& from, const Tensor& to, bool blended) {
  const Shape& shape = from.shape();
  return {from.data<T>(), to.data<T>(), shape[1], shape[2], shape[3], blended};
}

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output) {
  constexpr std::int64_t kRows = 32;  // a task
  const Shape& shape = input.images.shape();
  const std::int64_t height = shape[1];
  const std::int64_t tasks = (height + kRows - 1) / kRows;
  const auto images = rows_of<float>(input.images, output.images, true);
  const bool blended = how.masks != Interpolation::nearest;
  parallel_tasks(shape[0] * tasks, [&](std::int64_t task) {
    const std::int64_t n = task / tasks;
    const std::int64_t first = task % tasks * kRows;
    const std::int64_t last = std::min(height, first + kRows);
    Sample sample{.step = how.steps[n], .index = n};
    std::array<bool, 256> pasted{};
    if (sample.step.kind == MixKind::copy_paste) {
      for (std::uint32_t id = 0; id < pasted.size(); ++id) {
        pasted[id] = is_pasted(sample.step, id);
      }
      sample.pasted = pasted.data();
      sample.classes = input.masks.data<std::uint8_t>() +
                       sample.step.partners[0] * height * shape[2];
    }
    const auto mix_rows = [&](const auto& rows) {
      for (std::int64_t y = first; y < last; ++y) mix_row(rows, sample, y);
    };
    mix_rows(images);
    if (input.masks.empty()) return;
    if (input.masks.dtype() == DType::uint8) {
      mix_rows(rows_of<std::uint8_t>(input.masks, output.masks, blended));
    } else {
      mix_rows(rows_of<float>(input.masks, output.masks, blended));
    }
  });
}

void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum) {
  constexpr std::int64_t kValues = 1 << 14;  // a task
  const std::int64_t size = sum.elements() / sum.shape()[0];
  const std::int64_t tasks = (size + kValues - 1) / kValues;
  parallel_tasks(sum.shape()[0] * tasks, [&](std::int64_t task) {
    const std::int64_t n = task / tasks;
    const std::int64_t first = n * size + task % tasks * kValues;
    const std::int64_t count = std::min(kValues, (n + 1) * size - first);
    const Vector part = all(parts.data<float>()[n]);
    const float* from = original.data<float>() + first;
    const float* other = changed.data<float>() + first;
    const float* added_to = before.data<float>() + first;
    float* to = sum.data<float>() + first;
    for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      const Vector change =
          hn::Sub(lanes.load(other + i), lanes.load(from + i));
      lanes.store(hn::MulAdd(part, change, lanes.load(added_to + i)), to + i);
    });
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(mix);
HWY_EXPORT(blend_in);

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output) {
  HWY_DYNAMIC_DISPATCH(mix)(how, input, output);
}

void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum) {
  HWY_DYNAMIC_DISPATCH(blend_in)(parts, original, changed, before, sum);
}

}  // namespace lathe::cpu
#endif
