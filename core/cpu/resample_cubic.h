// Bicubic interpolation: sixteen pixels for one.
// Compiled once a target: the guard is a toggle.
#if defined(LATHE_CORE_CPU_RESAMPLE_CUBIC_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_RESAMPLE_CUBIC_H_
#undef LATHE_CORE_CPU_RESAMPLE_CUBIC_H_
#else
#define LATHE_CORE_CPU_RESAMPLE_CUBIC_H_
#endif

#include <algorithm>
#include <cstddef>

#include "core/cpu/resample_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

// The four taps of kChunk pixels along one axis. What the weights lack to 1
// belongs to the fill value.
struct CubicTaps {
  alignas(64) std::int32_t index[4][kChunk];
  alignas(64) float weight[4][kChunk];
};

template <FillMode mode>
void find_cubic_taps(const float* HWY_RESTRICT positions, std::int32_t count,
                     CubicTaps& HWY_RESTRICT taps) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t before = floor_index(positions[i]);
    const std::array<float, 4> weights =
        cubic_weights(positions[i] - static_cast<float>(before));
    for (std::int32_t k = 0; k < 4; ++k) {
      const std::int32_t index = before - 1 + k;
      const float weight = weights[static_cast<std::size_t>(k)];
      taps.index[k][i] = fixed_index<mode>(index, count);
      taps.weight[k][i] =
          mode == FillMode::constant && !in_range(index, count) ? 0.0F : weight;
    }
  }
}

HWY_NOINLINE void find_cubic_taps(FillMode mode, const float* positions,
                                  std::int32_t count, CubicTaps& taps) {
  with_mode(mode, [&]<FillMode kMode>() {
    find_cubic_taps<kMode>(positions, count, taps);
  });
}

// kChannels of 0 stands for any number. Down first, for the four columns of all
// channels, which lie side by side where nothing is replaced; then across.
template <std::int32_t kChannels, class From, class To>
HWY_INLINE void cubic_pixels(const ResampleRows& task, const CubicTaps& x,
                             const CubicTaps& y, std::int32_t count,
                             To* output) {
  const auto* input = static_cast<const From*>(task.input);
  const std::ptrdiff_t channels = kChannels > 0 ? kChannels : task.channels;
  const std::ptrdiff_t stride = task.input_width * channels;
  for (std::int32_t i = 0; i < count; ++i) {
    const From* lines[4];
    float down[4];
    float across[4];
    std::ptrdiff_t columns[4];
    for (std::int32_t k = 0; k < 4; ++k) {
      lines[k] = input + y.index[k][i] * stride;
      down[k] = y.weight[k][i];
      across[k] = x.weight[k][i];
      columns[k] = x.index[k][i] * channels;
    }
    const float outside = cubic_outside(across, down);
    const auto column = [&](std::ptrdiff_t at) {
      return weighted(value(lines[0][at]), value(lines[1][at]),
                      value(lines[2][at]), value(lines[3][at]), down);
    };
    const auto keep = [&](float inside, std::ptrdiff_t c) {
      const bool filled = task.how.fill_mode == FillMode::constant;
      const float sum =
          filled ? multiply_add(task.how.fill_value, outside, inside) : inside;
      store(multiply_add(sum, task.how.scale, task.how.offset), output[c]);
    };
    if (kChannels > 0 && columns[3] - columns[0] == 3 * channels &&
        columns[1] - columns[0] == channels) {
      constexpr std::int32_t kColumns = 4 * std::max(kChannels, 1);
      float sums[kColumns];
      for (std::int32_t k = 0; k < kColumns; ++k)
        sums[k] = column(columns[0] + k);
      for (std::ptrdiff_t c = 0; c < channels; ++c) {
        float inside = sums[c] * across[0];
        for (std::int32_t k = 1; k < 4; ++k) {
          inside = multiply_add(sums[k * channels + c], across[k], inside);
        }
        keep(inside, c);
      }
    } else {
      for (std::ptrdiff_t c = 0; c < channels; ++c) {
        float inside = column(columns[0] + c) * across[0];
        for (std::int32_t k = 1; k < 4; ++k) {
          inside = multiply_add(column(columns[k] + c), across[k], inside);
        }
        keep(inside, c);
      }
    }
    output += channels;
  }
}

template <class From, class To>
void cubic_rows(const ResampleRows& task) {
  Positions positions;
  CubicTaps across;
  CubicTaps down;
  auto* output = static_cast<To*>(task.output);
  for (std::int32_t y = task.first; y < task.last; ++y) {
    for (std::int32_t x = 0; x < task.output_width; x += kChunk) {
      const std::int32_t count = std::min(kChunk, task.output_width - x);
      find_positions(task.row, task.warp, x, y, positions);
      find_cubic_taps(task.how.fill_mode, positions.x, task.input_width,
                      across);
      find_cubic_taps(task.how.fill_mode, positions.y, task.input_height, down);
      switch (task.channels) {
        case 1:
          cubic_pixels<1, From>(task, across, down, count, output);
          break;
        case 3:
          cubic_pixels<3, From>(task, across, down, count, output);
          break;
        default:
          cubic_pixels<0, From>(task, across, down, count, output);
      }
      output += std::ptrdiff_t{count} * task.channels;
    }
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
