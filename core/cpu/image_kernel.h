#pragma once

#include "core/cpu/axis_map.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// y[n, h, w, :] = sum of the weights times x at what the map reads there:
/// images of one size (N, H, W, C) to another. The map's places are y's.
Kernel weighted_sum(const ImageMap& map, const TensorSpec& x,
                    const TensorSpec& y);

/// An image's height and width.
inline graph::Size2D size_of_image(const TensorSpec& image) {
  return {.height = image.shape[1], .width = image.shape[2]};
}

}  // namespace lathe::cpu
