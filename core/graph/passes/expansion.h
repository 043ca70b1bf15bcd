#pragma once

#include "core/graph/graph.h"

namespace lathe::graph {

/// Whether joining a convolution of single pixels, x (N, H, W, C) and w (1, 1,
/// C, F), with the depthwise one behind it is worth it: where the expanded
/// image doesn't stay in a cache by itself, and the weights are few enough to
/// pass once for each few lines of it.
bool is_large_expansion(const Shape& x, const Shape& w);

/// Whether the node is a depthwise convolution of that many channels, without a
/// residual, whose window own kernels take.
bool is_tiled_depthwise(const Node& node, std::int64_t channels);

}  // namespace lathe::graph
