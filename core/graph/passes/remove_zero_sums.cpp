#include "core/graph/passes/passes.h"

namespace lathe::graph {

// The gradient of a batch normalisation is g - mean(g) - z mean(g z) but for a
// factor, and the mean of z is zero.
void remove_zero_sums(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  for (Node& node : nodes) {
    const auto* sum = std::get_if<ReduceSum>(&node.operation);
    if (sum == nullptr || sum->target.rank() != 1) continue;
    const std::int64_t producer = graph.producer(node.inputs[0]);
    if (producer < 0) continue;
    const Node& from = graph.nodes()[static_cast<std::size_t>(producer)];
    if (!std::holds_alternative<BatchNormalizationGradient>(from.operation) ||
        from.outputs[0] != node.inputs[0]) {
      continue;
    }
    node.operation = Constant{.spec = graph.value(node.outputs[0]).spec};
    node.inputs.clear();
  }
  graph.replace_nodes(std::move(nodes));
}

}  // namespace lathe::graph
