#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// Whether the node before is an augmentation that only this one reads.
bool follows_augmentation(const Graph& graph, const Node& node,
                          const Node& before, std::size_t readers) {
  if (!std::holds_alternative<Augmentation>(before.operation) || readers != 1 ||
      before.inputs[1] != node.inputs[1]) {
    return false;
  }
  for (const auto& [name, output] : graph.outputs()) {
    if (output == before.outputs[0]) return false;
  }
  return true;
}

}  // namespace

void join_augmentations(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  const auto consumers = graph.consumers();
  std::vector<bool> joined(nodes.size());
  for (Node& node : nodes) {
    auto* second = std::get_if<Augmentation>(&node.operation);
    if (second == nullptr) continue;
    const std::int64_t producer = graph.producer(node.inputs[0]);
    if (producer < 0) continue;
    const auto index = static_cast<std::size_t>(producer);
    const Node& before = nodes[index];
    const auto readers =
        consumers[static_cast<std::size_t>(node.inputs[0])].size();
    if (!follows_augmentation(graph, node, before, readers)) continue;
    const auto& first = std::get<Augmentation>(before.operation);
    auto effect = first.effect->then(*second->effect);
    if (!effect) continue;
    second->effect = std::move(effect);
    node.inputs[0] = before.inputs[0];
    node.name = before.name + "+" + node.name;
    joined[index] = true;
  }
  replace_nodes(graph, std::move(nodes), joined);
}

}  // namespace lathe::graph
