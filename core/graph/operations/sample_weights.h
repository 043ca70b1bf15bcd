#pragma once

#include "core/shape.h"

namespace lathe::graph {

/// Whether a convolution with weights of that shape has other ones for each
/// sample: (N, 1, 1, C, F), windows being single pixels that move by one. Its
/// bias may then be each sample's too: (N, 1, 1, F), or (N, 1, 1, C) for the
/// gradient of its input.
inline bool has_own_weights(const Shape& weights) {
  return weights.rank() == 5;
}

}  // namespace lathe::graph
