#pragma once

#include "core/tensor.h"

namespace lathe::graph {

/// Whether values (N, 1, 1, C) scale the channels of images (N, H, W, C), each
/// sample's by its own, as squeeze-and-excite does.
inline bool is_gate(const Shape& gate, const Shape& image) {
  return image.rank() == 4 && gate == Shape{image[0], 1, 1, image[3]};
}

}  // namespace lathe::graph
