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
void merge(Graph& graph, std::size_t i, Device device) {
  const Node node = graph.nodes()[i];
  const auto* given = std::get_if<ConvolutionInputGradient>(&node.operation);
  std::optional<ConvolutionInputGradient> merged;
  if (given != nullptr && is_dense(*given)) merged = *given;
  if (given == nullptr && device != Device::cuda) {
    merged = transposed(graph, node);
  }
  const Node* enlarge = merged ? enlargement(graph, node) : nullptr;
  if (enlarge == nullptr) return;
  const Size2D factor = std::get<UpSampling>(enlarge->operation).factor;
  merged->window.strides = factor;
  merged->window.kernel.height += factor.height - 1;
  merged->window.kernel.width += factor.width - 1;
  Node last = node;
  last.operation = *merged;
  last.inputs[0] = enlarge->inputs[0];
  const std::size_t before = graph.nodes().size();
  if (given == nullptr) {
    last.inputs[1] = graph.apply(TransposedWeights{}, {last.inputs[1]},
                                 node.name + "/transposed_weights");
  }
  last.inputs[1] = add_merged_weights(graph, last.inputs[1], factor, node.name);
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
