#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// The node computing `id`, seen through reshapes, which keep what an
// elementwise or last-axis function does.
const Node* source(const Graph& graph, ValueId id) {
  const std::int64_t producer = graph.producer(id);
  if (producer < 0) return nullptr;
  return &graph.nodes()[static_cast<std::size_t>(producer)];
}

bool is_sigmoid(const Node& node) {
  const auto* activation = std::get_if<Activation>(&node.operation);
  return activation != nullptr && activation->kind == ActivationKind::sigmoid;
}

}  // namespace

void join_loss(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  for (Node& node : nodes) {
    const Node* from =
        node.inputs.empty() ? nullptr : source(graph, node.inputs[0]);
    if (from == nullptr) continue;
    if (auto* loss = std::get_if<BinaryCrossentropy>(&node.operation)) {
      if (loss->options.from_logits || !is_sigmoid(*from)) continue;
      loss->options.from_logits = true;
    } else if (auto* categorical =
                   std::get_if<CategoricalCrossentropy>(&node.operation)) {
      if (categorical->options.from_logits ||
          !std::holds_alternative<Softmax>(from->operation)) {
        continue;
      }
      categorical->options.from_logits = true;
    } else {
      continue;
    }
    node.inputs[0] = from->inputs[0];
  }
  graph.replace_nodes(std::move(nodes));
}

}  // namespace lathe::graph
