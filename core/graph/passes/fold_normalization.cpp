#include "core/error.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

template <class Kind>
bool is_bare(const Node& node) {
  const auto* operation = std::get_if<Kind>(&node.operation);
  return operation != nullptr && !operation->residual &&
         operation->activation == ActivationKind::linear;
}

// A convolution whose output channels are one axis of its weights.
bool is_foldable(const Node& node) {
  if (is_bare<Convolution>(node)) return true;
  return is_bare<ConvolutionInputGradient>(node) &&
         std::get<ConvolutionInputGradient>(node.operation).groups == 1;
}

// The two nodes that compute what convolution and normalisation do.
std::vector<Node> folded(Graph& graph, const Node& convolution,
                         const Node& normalization) {
  const auto& fixed = std::get<FixedNormalization>(normalization.operation);
  const TensorSpec weights = graph.value(convolution.inputs[1]).spec;
  const TensorSpec channels = graph.value(normalization.inputs[1]).spec;
  const bool transposed =
      std::holds_alternative<ConvolutionInputGradient>(convolution.operation);
  Node scale{
      .operation =
          NormalizedWeights{.epsilon = fixed.epsilon,
                            .inner = transposed ? weights.shape.back() : 1},
      .inputs = {convolution.inputs[1]},
      .outputs = {},
      .name = convolution.name + "/weights"};
  scale.inputs.insert(scale.inputs.end(), normalization.inputs.begin() + 1,
                      normalization.inputs.begin() + 5);
  if (convolution.inputs.size() == 3) {
    scale.inputs.push_back(convolution.inputs[2]);
  }
  scale.outputs = {graph.add_computed(scale.name, weights),
                   graph.add_computed(scale.name + ":1", channels)};
  Node joined = convolution;
  joined.inputs = {convolution.inputs[0], scale.outputs[0], scale.outputs[1]};
  joined.outputs = normalization.outputs;
  joined.name = concat(convolution.name, "+", normalization.name);
  return {scale, joined};
}

}  // namespace

void fold_normalization(Graph& graph) {
  const std::vector<Node> nodes = graph.nodes();
  std::vector<bool> gone(nodes.size());
  std::vector<Node> result;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto* fixed = std::get_if<FixedNormalization>(&nodes[i].operation);
    const std::int64_t producer =
        fixed == nullptr ? -1 : graph.producer(nodes[i].inputs[0]);
    if (producer < 0 || fixed->residual ||
        fixed->activation != ActivationKind::linear ||
        only_reader(graph, nodes[i].inputs[0]) < 0) {
      continue;
    }
    const auto place = static_cast<std::size_t>(producer);
    if (is_foldable(nodes[place])) gone[place] = true;
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (gone[i]) continue;
    const std::int64_t producer =
        std::holds_alternative<FixedNormalization>(nodes[i].operation)
            ? graph.producer(nodes[i].inputs[0])
            : -1;
    if (producer >= 0 && gone[static_cast<std::size_t>(producer)]) {
      for (Node& node :
           folded(graph, nodes[static_cast<std::size_t>(producer)], nodes[i])) {
        result.push_back(std::move(node));
      }
    } else {
      result.push_back(nodes[i]);
    }
  }
  graph.replace_nodes(std::move(result));
}

}  // namespace lathe::graph
