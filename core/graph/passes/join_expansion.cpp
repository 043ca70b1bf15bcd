#include "core/graph/operations/sample_weights.h"
#include "core/graph/passes/expansion.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

bool is_expansion(const Graph& graph, const Node& node) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  if (convolution == nullptr || convolution->residual ||
      node.inputs.size() != 3 ||
      !is_pointwise(convolution->window, convolution->groups)) {
    return false;
  }
  const auto& x = graph.value(node.inputs[0]).spec;
  const Shape& w = graph.shape(node.inputs[1]);
  // Which is multiplied in pairs.
  const bool has_pairs = x.dtype != DType::bfloat16 || x.shape.back() % 2 == 0;
  return has_pairs && !has_own_weights(w) && is_large_expansion(x.shape, w);
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
    if (next.inputs[0] != image || next.inputs.size() != 3 ||
        !is_tiled_depthwise(next, graph.shape(image).back())) {
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
