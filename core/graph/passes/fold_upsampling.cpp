#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

const Node* producer_of(const Graph& graph, ValueId id) {
  const std::int64_t producer = graph.producer(id);
  return producer < 0 ? nullptr
                      : &graph.nodes()[static_cast<std::size_t>(producer)];
}

const UpSampling* nearest(const Node* node) {
  if (node == nullptr) return nullptr;
  const auto* upsampling = std::get_if<UpSampling>(&node->operation);
  return upsampling != nullptr && upsampling->kind == UpSamplingKind::nearest
             ? upsampling
             : nullptr;
}

// What treats every pixel by itself: an activation, and some convolutions.
bool is_pointwise(const Node& node) {
  if (std::holds_alternative<Activation>(node.operation)) return true;
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  return convolution != nullptr && convolution->window.kernel == Size2D{1, 1} &&
         convolution->window.strides == Size2D{1, 1} &&
         convolution->window.padding == Padding2D{};
}

// The nodes that compute `node` with the enlargement last, or none. That pays
// even where others read the enlarged value too: the node reads and computes a
// fraction, and writes what it wrote.
std::vector<Node> rewritten(Graph& graph, const Node& node) {
  const Node* first =
      producer_of(graph, node.inputs.empty() ? kNoValue : node.inputs[0]);
  const UpSampling* enlarge = nearest(first);
  if (enlarge == nullptr) return {};
  Node small = node;
  Node last = *first;
  small.inputs[0] = first->inputs[0];
  if (std::holds_alternative<Add>(node.operation)) {
    const Node* second = producer_of(graph, node.inputs[1]);
    const UpSampling* other = nearest(second);
    if (other == nullptr || !(other->factor == enlarge->factor)) return {};
    small.inputs[1] = second->inputs[0];
  } else if (!is_pointwise(node)) {
    return {};
  }
  TensorSpec spec = graph.value(node.outputs[0]).spec;
  const Shape& before = graph.shape(small.inputs[0]);
  spec.shape[1] = before[1];
  spec.shape[2] = before[2];
  small.outputs = {graph.add_computed(node.name + "/small", spec)};
  last.inputs = {small.outputs[0]};
  last.outputs = node.outputs;
  last.name = node.name + "/" + last.name;
  return {small, last};
}

}  // namespace

void fold_upsampling(Graph& graph) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (std::size_t i = 0; i < graph.nodes().size() && !changed; ++i) {
      const std::vector<Node> pair = rewritten(graph, graph.nodes()[i]);
      if (pair.empty()) continue;
      std::vector<Node> nodes = graph.nodes();
      nodes[i] = pair[1];
      nodes.insert(nodes.begin() + static_cast<std::ptrdiff_t>(i), pair[0]);
      graph.replace_nodes(std::move(nodes));
      changed = true;
    }
    if (changed) remove_dead_work(graph);
  }
}

}  // namespace lathe::graph
