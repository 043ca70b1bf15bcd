#include "core/error.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// The enlargement by repetition that computes the node's first input, or none.
const Node* enlargement(const Graph& graph, const Node& node) {
  const std::int64_t producer = graph.producer(node.inputs[0]);
  if (producer < 0) return nullptr;
  const Node& from = graph.nodes()[static_cast<std::size_t>(producer)];
  const auto* upsampling = std::get_if<UpSampling>(&from.operation);
  return upsampling != nullptr && upsampling->kind == UpSamplingKind::nearest
             ? &from
             : nullptr;
}

bool is_dense(const ConvolutionInputGradient& operation) {
  return operation.groups == 1 && operation.window.strides == Size2D{} &&
         operation.window.dilation == Size2D{} && !operation.residual &&
         operation.activation == ActivationKind::linear;
}

// Appends the nodes that convolve the weights with ones of the factor's size:
// the mean of each window of the padded weights, times the window's size.
ValueId add_merged_weights(Graph& graph, ValueId weights, Size2D factor,
                           const std::string& name) {
  const Shape shape = graph.shape(weights);
  const auto [height, width] = factor;
  const auto apply = [&](Operation operation, ValueId input) {
    return graph.apply(std::move(operation), {input}, name + "/merged_weights");
  };
  ValueId w = apply(
      Reshape{.shape = {1, shape[0], shape[1], shape[2] * shape[3]}}, weights);
  const Shape border{0, height - 1, width - 1, 0};
  w = apply(Pad{.before = border, .after = border}, w);
  w = apply(AveragePooling{.window = {.kernel = factor}}, w);
  w = apply(Affine{.scale = static_cast<double>(height * width)}, w);
  return apply(Reshape{.shape = {shape[0] + height - 1, shape[1] + width - 1,
                                 shape[2], shape[3]}},
               w);
}

// Replaces node i by one that reads what was enlarged.
bool merge(Graph& graph, std::size_t i) {
  const Node node = graph.nodes()[i];
  const auto* operation =
      std::get_if<ConvolutionInputGradient>(&node.operation);
  if (operation == nullptr || !is_dense(*operation)) return false;
  const Node* enlarge = enlargement(graph, node);
  if (enlarge == nullptr) return false;
  const Size2D factor = std::get<UpSampling>(enlarge->operation).factor;
  ConvolutionInputGradient merged = *operation;
  merged.window.strides = factor;
  merged.window.kernel.height += factor.height - 1;
  merged.window.kernel.width += factor.width - 1;
  Node last = node;
  last.operation = merged;
  last.inputs[0] = enlarge->inputs[0];
  const std::size_t before = graph.nodes().size();
  last.inputs[1] = add_merged_weights(graph, node.inputs[1], factor, node.name);
  const std::vector<Node>& all = graph.nodes();
  const auto at = [&](std::size_t index) {
    return all.begin() + static_cast<std::ptrdiff_t>(index);
  };
  std::vector<Node> nodes(all.begin(), at(i));
  nodes.insert(nodes.end(), at(before), all.end());
  nodes.push_back(last);
  nodes.insert(nodes.end(), at(i + 1), at(before));
  graph.replace_nodes(std::move(nodes));
  return true;
}

}  // namespace

// With x repeated f times, y[p] = sum over t of w[t] x[(p + padding - t) / f]:
// taps t that meet the same x add up to one tap of a kernel f - 1 larger, which
// moves by f.
void merge_upsampling(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) merge(graph, i);
  remove_dead_work(graph);
}

}  // namespace lathe::graph
