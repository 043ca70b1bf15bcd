#include "core/graph/operations/sample_weights.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// An image whose expansion doesn't stay in a cache by itself, and few enough
// weights to pass once for each few lines of it.
bool is_worth_it(const Shape& x, const Shape& w) {
  constexpr std::int64_t kPixels = 28 * 28;
  constexpr std::int64_t kWeights = 16384;
  return x[1] * x[2] >= kPixels && w.elements() <= kWeights;
}

bool is_expansion(const Graph& graph, const Node& node) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  if (convolution == nullptr || convolution->residual ||
      node.inputs.size() != 3 ||
      !is_pointwise(convolution->window, convolution->groups)) {
    return false;
  }
  const auto& x = graph.value(node.inputs[0]).spec;
  const Shape& w = graph.shape(node.inputs[1]);
  return x.dtype != DType::bfloat16 && !has_own_weights(w) &&
         is_worth_it(x.shape, w);
}

// Windows that move by 1 or 2 and are 3 or 5 large.
bool is_depthwise(const Node& node, std::int64_t channels) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  if (convolution == nullptr || convolution->residual ||
      node.inputs.size() != 3) {
    return false;
  }
  const auto& [kernel, strides, dilation, padding] = convolution->window;
  return convolution->groups == channels && convolution->filters == channels &&
         kernel.height == kernel.width &&
         (kernel.height == 3 || kernel.height == 5) &&
         strides.height == strides.width && strides.height <= 2 &&
         dilation == Size2D{};
}

}  // namespace

void join_expansion(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  std::vector<bool> joined(nodes.size(), false);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!is_expansion(graph, nodes[i])) continue;
    const ValueId image = nodes[i].outputs[0];
    const std::int64_t reader = only_reader(graph, image);
    if (reader < 0) continue;
    Node& next = nodes[static_cast<std::size_t>(reader)];
    if (next.inputs[0] != image ||
        !is_depthwise(next, graph.shape(image).back())) {
      continue;
    }
    const auto& depthwise = std::get<Convolution>(next.operation);
    next.operation = ExpandedConvolution{
        .window = depthwise.window,
        .expansion = std::get<Convolution>(nodes[i].operation).activation,
        .activation = depthwise.activation};
    std::vector<ValueId> inputs = nodes[i].inputs;
    inputs.insert(inputs.end(), next.inputs.begin() + 1, next.inputs.end());
    next.inputs = std::move(inputs);
    next.name = nodes[i].name + "+" + next.name;
    joined[i] = true;
  }
  replace_nodes(graph, std::move(nodes), joined);
}

}  // namespace lathe::graph
