#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

bool is_rectified(const Graph& graph, ValueId id) {
  const std::int64_t producer = graph.producer(id);
  if (producer < 0) return false;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  if (node.outputs[0] != id) return false;
  if (const auto* activation = std::get_if<Activation>(&node.operation)) {
    return activation->kind == ActivationKind::relu;
  }
  if (const auto* norm = std::get_if<BatchNormalization>(&node.operation)) {
    return norm->activation == ActivationKind::relu;
  }
  return false;
}

// relu(relu(x)) is relu(x), and a linear activation is nothing.
void remove_idle_activations(Graph& graph) {
  const std::vector<Node> nodes = graph.nodes();
  for (const Node& node : nodes) {
    const auto* activation = std::get_if<Activation>(&node.operation);
    if (activation == nullptr) continue;
    // Passes replace inputs as they go: look at the node as it is now.
    const ValueId input =
        graph.nodes()[static_cast<std::size_t>(graph.producer(node.outputs[0]))]
            .inputs[0];
    const bool idle = activation->kind == ActivationKind::linear ||
                      (activation->kind == ActivationKind::relu &&
                       is_rectified(graph, input));
    if (idle) graph.replace_value(node.outputs[0], input);
  }
}

}  // namespace

void remove_dead_work(Graph& graph) {
  remove_idle_activations(graph);
  std::vector<bool> needed(graph.values().size());
  for (const auto& [name, id] : graph.outputs()) {
    needed[static_cast<std::size_t>(id)] = true;
  }
  std::vector<Node> kept;
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    bool alive = !writes_of(node.operation, node.inputs.size()).empty();
    for (const ValueId output : node.outputs) {
      alive = alive || needed[static_cast<std::size_t>(output)];
    }
    if (!alive) continue;
    for (const ValueId input : node.inputs) {
      needed[static_cast<std::size_t>(input)] = true;
    }
    kept.push_back(node);
  }
  graph.replace_nodes({kept.rbegin(), kept.rend()});
}

}  // namespace lathe::graph
