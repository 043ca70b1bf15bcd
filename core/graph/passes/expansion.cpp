#include "core/graph/passes/expansion.h"

namespace lathe::graph {

bool is_large_expansion(const Shape& x, const Shape& w) {
  constexpr std::int64_t kPixels = 28 * 28;
  constexpr std::int64_t kWeights = 16384;
  return x[1] * x[2] >= kPixels && w.elements() <= kWeights;
}

bool is_tiled_depthwise(const Node& node, std::int64_t channels) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  return convolution != nullptr && !convolution->residual &&
         convolution->groups == channels && convolution->filters == channels &&
         is_tiled(convolution->window);
}

}  // namespace lathe::graph
