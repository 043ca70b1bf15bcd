#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// The zeros that `id` has around an image, and the image itself, where a node
// put them there.
const Node* padding_of(const Graph& graph, ValueId id) {
  const std::int64_t producer = graph.producer(id);
  if (producer < 0) return nullptr;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  const auto* pad = std::get_if<Pad>(&node.operation);
  if (pad == nullptr || pad->before.rank() != 4) return nullptr;
  const bool around_image = pad->before[0] == 0 && pad->after[0] == 0 &&
                            pad->before[3] == 0 && pad->after[3] == 0;
  return around_image ? &node : nullptr;
}

}  // namespace

void fold_padding(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  for (Node& node : nodes) {
    auto* convolution = std::get_if<Convolution>(&node.operation);
    if (convolution == nullptr) continue;
    while (const Node* padded = padding_of(graph, node.inputs[0])) {
      const auto& pad = std::get<Pad>(padded->operation);
      Padding2D& padding = convolution->window.padding;
      padding.top += pad.before[1];
      padding.bottom += pad.after[1];
      padding.left += pad.before[2];
      padding.right += pad.after[2];
      node.inputs[0] = padded->inputs[0];
    }
  }
  graph.replace_nodes(std::move(nodes));
  remove_dead_work(graph);
}

}  // namespace lathe::graph
