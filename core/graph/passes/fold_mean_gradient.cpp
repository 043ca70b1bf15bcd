#include <utility>

#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

std::size_t readers(const Graph& graph, ValueId id) {
  std::size_t count = 0;
  for (const Node& node : graph.nodes()) {
    for (const ValueId input : node.inputs) count += input == id ? 1 : 0;
  }
  for (const auto& [name, output] : graph.outputs()) {
    count += output == id ? 1 : 0;
  }
  return count;
}

// The node that computes `id` for one reader only.
const Node* maker_of(const Graph& graph, ValueId id) {
  const std::int64_t producer = graph.producer(id);
  if (producer < 0 || readers(graph, id) != 1) return nullptr;
  return &graph.nodes()[static_cast<std::size_t>(producer)];
}

bool is_product(const Node& node) {
  return std::holds_alternative<Multiply>(node.operation) &&
         node.inputs.size() == 2;
}

// The gradient of the mean over a whole image.
bool is_mean_gradient(const Node& node) {
  const auto* pooling = std::get_if<AveragePoolingGradient>(&node.operation);
  return pooling != nullptr && pooling->window.kernel == pooling->image &&
         pooling->window.padding == Padding2D{};
}

// The nodes that compute the sum `node`, or none.
std::vector<Node> in_passing(Graph& graph, const Node& node) {
  if (!std::holds_alternative<Add>(node.operation)) return {};
  const Node* product = maker_of(graph, node.inputs[0]);
  const Node* mean = maker_of(graph, node.inputs[1]);
  if (product == nullptr || mean == nullptr) return {};
  if (is_product(*mean)) std::swap(product, mean);
  if (!is_product(*product) || !is_mean_gradient(*mean)) return {};
  const TensorSpec& scale = graph.value(product->inputs[1]).spec;
  if (graph.value(mean->inputs[0]).spec != scale) return {};
  const Size2D image = std::get<AveragePoolingGradient>(mean->operation).image;
  const Node share{
      .operation =
          Affine{.scale = 1 / static_cast<double>(image.height * image.width)},
      .inputs = mean->inputs,
      .outputs = {graph.add_computed(mean->name, scale)},
      .name = mean->name};
  Node sum = *product;
  sum.inputs.push_back(share.outputs[0]);
  sum.outputs = node.outputs;
  return {share, sum};
}

}  // namespace

void fold_mean_gradient(Graph& graph) {
  std::vector<Node> nodes;
  for (const Node& node : std::vector<Node>(graph.nodes())) {
    const std::vector<Node> pair = in_passing(graph, node);
    if (pair.empty()) {
      nodes.push_back(node);
    } else {
      nodes.insert(nodes.end(), pair.begin(), pair.end());
    }
  }
  graph.replace_nodes(std::move(nodes));
  remove_dead_work(graph);
}

}  // namespace lathe::graph
