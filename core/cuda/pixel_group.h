#pragma once

#include "core/augmentation/color.h"
#include "core/cuda/launch.h"

namespace lathe::cuda {

/// Some neighbouring channels of one pixel, in registers: as many as colour
/// steps may mix. All loops are of that length, so that the compiler knows
/// which registers are meant.
struct PixelGroup {
  static constexpr int kChannels = 4;
  float values[kChannels];

  /// Calls body(value, c) for channels c of `count`, as far as they are here.
  template <class Body>
  __device__ void for_each(int count, const Body& body) {
    if (0 < count) body(values[0], 0);
    if (1 < count) body(values[1], 1);
    if (2 < count) body(values[2], 2);
    if (3 < count) body(values[3], 3);
  }

  /// What change_color() does to a pixel of `channels`, of which these are
  /// those from `first` on.
  __device__ void change(const ColorStep& step, const float* means,
                         const ValueRange& range, int first, int channels) {
    if (mixes_channels(step.kind)) {
      if (channels != 3) return;
      const Rgb result =
          mixed(step.kind, step.a, range, {values[0], values[1], values[2]});
      values[0] = result.red;
      values[1] = result.green;
      values[2] = result.blue;
    } else if (step.kind == ColorKind::shuffle) {
      shuffle(step, channels);
    } else {
      for_each(channels - first, [&](float& value, int c) {
        const float mean =
            needs_means(step.kind)
                ? contrast_mean(step.kind, means, first + c, channels)
                : 0.0F;
        value = changed(step, mean, range, value);
      });
    }
  }

 private:
  __device__ void shuffle(const ColorStep& step, int channels) {
    const PixelGroup before = *this;
    for_each(channels, [&](float& value, int c) {
      const int from = shuffled(step, c, channels);
      for (int k = 0; k < kChannels; ++k) {
        if (k == from) value = before.values[k];
      }
    });
  }
};

/// Throws Error naming `operation` where a grid with a row of blocks for each
/// sample, or a layer for each channel, is larger than it can be.
inline void require_grid(std::string_view operation, const Shape& images) {
  constexpr std::int64_t kMost = 65535;
  if (images[0] > kMost || images[3] > kMost) {
    fail(operation, ": takes at most ", kMost,
         " samples and channels at once on a GPU, not ", images);
  }
}

}  // namespace lathe::cuda
