#include <array>

#include "core/graph/operations/sample_weights.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// The joined kernel makes up for what it leaves out by products of x with
// itself: worth it where x has few channels beside its pixels and filters.
bool is_expanding(const Shape& y, const Shape& w) {
  constexpr std::int64_t kPixels = 64;
  constexpr std::int64_t kFilters = 3;
  return y[0] * y[1] * y[2] >= kPixels * w[2] && w[3] >= kFilters * w[2];
}

class Joiner {
 public:
  explicit Joiner(Graph& graph)
      : graph_(graph), consumers_(readers_of_values(graph)) {}

  void run() {
    std::vector<Node> nodes = graph_.nodes();
    std::vector<bool> joined(nodes.size(), false);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto readers = readers_of(i);
      if (!readers) continue;
      nodes[i] = join(i, *readers);
      for (const std::size_t reader : *readers) joined[reader] = true;
    }
    replace_nodes(graph_, std::move(nodes), joined);
  }

 private:
  // Of an input and a weight gradient, in this order.
  using Readers = std::array<std::size_t, 2>;

  const Node& node(std::size_t i) const { return graph_.nodes()[i]; }

  // The two that alone read the gradient of a normalisation that node i
  // computes, where they can be joined with it.
  std::optional<Readers> readers_of(std::size_t i) const {
    const auto* normalization =
        std::get_if<BatchNormalizationGradient>(&node(i).operation);
    if (normalization == nullptr || normalization->residual ||
        normalization->ranks ||
        graph_.value(node(i).inputs[0]).spec.dtype == DType::bfloat16) {
      return {};
    }
    const ValueId dy = node(i).outputs[0];
    const auto& readers = consumers_[static_cast<std::size_t>(dy)];
    if (readers.size() != 2 || readers[1] == graph_.nodes().size()) return {};
    for (const Readers& pair :
         {Readers{readers[0], readers[1]}, Readers{readers[1], readers[0]}}) {
      if (fits(i, node(pair[0]), node(pair[1]))) return pair;
    }
    return {};
  }

  bool fits(std::size_t i, const Node& input, const Node& weight) const {
    const auto* dx = std::get_if<ConvolutionInputGradient>(&input.operation);
    const auto* dw = std::get_if<ConvolutionWeightGradient>(&weight.operation);
    const ValueId dy = node(i).outputs[0];
    if (dx == nullptr || dw == nullptr || input.inputs[0] != dy ||
        weight.inputs[1] != dy || !is_pointwise(dx->window, dx->groups) ||
        dx->activation != ActivationKind::linear ||
        input.inputs.size() != (dx->residual ? 3U : 2U) ||
        (dx->residual &&
         graph_.producer(input.inputs[2]) >= static_cast<std::int64_t>(i))) {
      return false;
    }
    const ValueId y = node(i).inputs[1];
    const std::int64_t maker = graph_.producer(y);
    if (maker < 0) return false;
    const Node& convolution = node(static_cast<std::size_t>(maker));
    const auto* forward = std::get_if<Convolution>(&convolution.operation);
    const std::vector<ValueId> operands{weight.inputs[0], input.inputs[1]};
    return forward != nullptr &&
           forward->activation == ActivationKind::linear &&
           convolution.inputs == operands &&
           !has_own_weights(graph_.shape(operands[1])) &&
           is_expanding(graph_.shape(y), graph_.shape(operands[1]));
  }

  Node join(std::size_t i, const Readers& readers) const {
    const Node& input = node(readers[0]);
    const Node& weight = node(readers[1]);
    const auto& normalization =
        std::get<BatchNormalizationGradient>(node(i).operation);
    Node joined{
        .operation =
            NormalizedConvolutionGradient{
                .epsilon = normalization.epsilon,
                .activation = normalization.activation,
                .residual = std::get<ConvolutionInputGradient>(input.operation)
                                .residual},
        .inputs = node(i).inputs,
        .outputs = {input.outputs[0], weight.outputs[0], node(i).outputs[1],
                    node(i).outputs[2]},
        .name = input.name + "+" + node(i).name};
    joined.inputs.push_back(weight.inputs[0]);
    joined.inputs.insert(joined.inputs.end(), input.inputs.begin() + 1,
                         input.inputs.end());
    return joined;
  }

  Graph& graph_;
  std::vector<std::vector<std::size_t>> consumers_;
};

}  // namespace

void join_normalization_gradient(Graph& graph) {
  Joiner(graph).run();
}

}  // namespace lathe::graph
