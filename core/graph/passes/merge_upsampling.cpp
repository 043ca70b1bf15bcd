#include <algorithm>
#include <optional>

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

// Windows that visit every pixel, of convolutions that nothing is joined with.
template <class Operation>
bool is_dense(const Operation& operation) {
  return operation.groups == 1 && operation.window.strides == Size2D{} &&
         operation.window.dilation == Size2D{} && !operation.residual &&
         operation.activation == ActivationKind::linear;
}

// What computes the node with transposed weights, where that is a convolution
// that meets more than one pixel.
std::optional<ConvolutionInputGradient> transposed(const Graph& graph,
                                                   const Node& node) {
  const auto* convolution = std::get_if<Convolution>(&node.operation);
  if (convolution == nullptr || !is_dense(*convolution) || convolution->means) {
    return std::nullopt;
  }
  const Window2D& window = convolution->window;
  const auto& [top, bottom, left, right] = window.padding;
  const Size2D most{.height = window.kernel.height - 1,
                    .width = window.kernel.width - 1};
  if (most == Size2D{0, 0} || std::max(top, bottom) > most.height ||
      std::max(left, right) > most.width) {
    return std::nullopt;
  }
  const Shape& y = graph.shape(node.outputs[0]);
  return ConvolutionInputGradient{
      .window = {.kernel = window.kernel,
                 .padding = {.top = most.height - top,
                             .bottom = most.height - bottom,
                             .left = most.width - left,
                             .right = most.width - right}},
      .channels = y[3],
      .image = {.height = y[1], .width = y[2]}};
}

// Whether a GPU has kernels that gain from it
// (core/cuda/shallow_convolution.h).
bool gains_on_gpu(const Graph& graph, const Node& node, Size2D factor) {
  const std::int64_t channels = graph.shape(node.inputs[0])[3];
  const auto& convolution = std::get<Convolution>(node.operation);
  return factor == Size2D{2, 2} && convolution.window.kernel == Size2D{3, 3} &&
         convolution.filters <= 4 && channels % 8 == 0 && channels <= 64;
}

// Replaces node i by one that reads what was enlarged.
void merge(Graph& graph, std::size_t i, Device device) {
  const Node node = graph.nodes()[i];
  const auto* given = std::get_if<ConvolutionInputGradient>(&node.operation);
  std::optional<ConvolutionInputGradient> merged;
  if (given == nullptr) {
    merged = transposed(graph, node);
  } else if (is_dense(*given)) {
    merged = *given;
  }
  const Node* enlarge = merged ? enlargement(graph, node) : nullptr;
  if (enlarge == nullptr) return;
  const Size2D factor = std::get<UpSampling>(enlarge->operation).factor;
  if (given == nullptr && device == Device::cuda &&
      !gains_on_gpu(graph, node, factor)) {
    return;
  }
  merged->window.strides = factor;
  merged->window.kernel.height += factor.height - 1;
  merged->window.kernel.width += factor.width - 1;
  Node last = node;
  last.operation = *merged;
  last.inputs[0] = enlarge->inputs[0];
  const std::size_t before = graph.nodes().size();
  last.inputs[1] = graph.apply(
      MergedWeights{.factor = factor, .transposed = given == nullptr},
      {last.inputs[1]}, node.name + "/merged_weights");
  const std::vector<Node>& all = graph.nodes();
  const auto at = [&](std::size_t index) {
    return all.begin() + static_cast<std::ptrdiff_t>(index);
  };
  std::vector<Node> nodes(all.begin(), at(i));
  nodes.insert(nodes.end(), at(before), all.end());
  nodes.push_back(last);
  nodes.insert(nodes.end(), at(i + 1), at(before));
  graph.replace_nodes(std::move(nodes));
}

}  // namespace

// With x repeated f times, y[p] = sum over t of w[t] x[(p + padding - t) / f]:
// taps t that meet the same x add up to one tap of a kernel f - 1 larger, which
// moves by f.
void merge_upsampling(Graph& graph, Device device) {
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    merge(graph, i, device);
  }
  remove_dead_work(graph);
}

}  // namespace lathe::graph
