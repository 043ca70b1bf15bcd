#include "core/graph/passes/expansion.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// Whether the node pools whole images.
bool is_mean(const Graph& graph, const Node& node) {
  const auto* pooling = std::get_if<AveragePooling>(&node.operation);
  if (pooling == nullptr) return false;
  const Shape& image = graph.shape(node.inputs[0]);
  return pooling->window.kernel == Size2D{image[1], image[2]} &&
         pooling->window.padding == Padding2D{};
}

// Where the node can give the means of its result too, the place for saying so.
bool* means_of(const Graph& graph, Node& node) {
  if (auto* expanded = std::get_if<ExpandedConvolution>(&node.operation)) {
    return &expanded->means;
  }
  if (is_tiled_depthwise(node, graph.shape(node.outputs[0]).back())) {
    return &std::get<Convolution>(node.operation).means;
  }
  return nullptr;
}

}  // namespace

void join_means(Graph& graph) {
  std::vector<Node> nodes = graph.nodes();
  std::vector<bool> gone(nodes.size(), false);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!is_mean(graph, nodes[i])) continue;
    const std::int64_t producer = graph.producer(nodes[i].inputs[0]);
    if (producer < 0) continue;
    Node& node = nodes[static_cast<std::size_t>(producer)];
    bool* means = means_of(graph, node);
    if (means == nullptr || *means || node.outputs[0] != nodes[i].inputs[0]) {
      continue;
    }
    *means = true;
    node.outputs.push_back(nodes[i].outputs[0]);
    gone[i] = true;
  }
  replace_nodes(graph, std::move(nodes), gone);
}

}  // namespace lathe::graph
