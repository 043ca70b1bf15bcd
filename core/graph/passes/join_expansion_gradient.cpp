#include <optional>

#include "core/graph/passes/expansion.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

class ExpansionJoiner {
 public:
  explicit ExpansionJoiner(Graph& graph)
      : graph_(graph), consumers_(readers_of_values(graph)) {}

  void run() {
    std::vector<std::vector<Node>> replaced;
    for (const Node& node : graph_.nodes()) replaced.push_back({node});
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (const auto found = parts_of(i)) join(i, *found, replaced);
    }
    std::vector<Node> nodes;
    for (auto& some : replaced) {
      for (Node& node : some) nodes.push_back(std::move(node));
    }
    graph_.replace_nodes(std::move(nodes));
  }

 private:
  // The nodes about one that computes the gradients of a normalised expansion.
  struct Found {
    std::size_t expansion;
    std::size_t normalization;
    std::size_t depthwise;
    std::size_t input_gradient;   // of the depthwise one
    std::size_t weight_gradient;  // of the depthwise one
  };

  const Node& node(std::size_t i) const { return graph_.nodes()[i]; }

  template <class Kind>
  const Kind* as(std::size_t i) const {
    return std::get_if<Kind>(&node(i).operation);
  }

  const std::vector<std::size_t>& readers(ValueId id) const {
    return consumers_[static_cast<std::size_t>(id)];
  }

  // The reader of a value that, beside `other`, alone reads it.
  std::optional<std::size_t> reader_beside(ValueId id,
                                           std::size_t other) const {
    const auto& all = readers(id);
    if (all.size() != 2 || all[1] == graph_.nodes().size()) return {};
    if (all[0] != other && all[1] != other) return {};
    return all[0] == other ? all[1] : all[0];
  }

  std::optional<Found> parts_of(std::size_t i) const {
    const auto* gradient = as<NormalizedConvolutionGradient>(i);
    if (gradient == nullptr) return {};
    const std::vector<ValueId>& inputs = node(i).inputs;
    const ValueId dz = inputs[0];
    const ValueId y = inputs[1];
    Found found{};
    // The pass that made the gradient found a convolution without more.
    found.expansion = static_cast<std::size_t>(graph_.producer(y));
    const auto normalization = reader_beside(y, i);
    if (!normalization ||
        !is_large_expansion(graph_.shape(inputs[6]), graph_.shape(inputs[7]))) {
      return {};
    }
    found.normalization = *normalization;
    const auto* normalized = as<BatchNormalization>(*normalization);
    if (normalized == nullptr || normalized->residual ||
        normalized->activation != gradient->activation ||
        normalized->epsilon != gradient->epsilon) {
      return {};
    }
    const ValueId z = node(*normalization).outputs[0];
    const auto& of_z = readers(z);
    if (of_z.size() != 2) return {};
    found.depthwise = of_z[0];
    found.weight_gradient = of_z[1];
    return add_depthwise(i, dz, z, found);
  }

  // Whether what reads z and makes dz is a depthwise convolution and its
  // gradients.
  std::optional<Found> add_depthwise(std::size_t i, ValueId dz, ValueId z,
                                     Found found) const {
    if (found.weight_gradient == graph_.nodes().size() ||
        readers(dz).size() != 1 || graph_.producer(dz) < 0) {
      return {};
    }
    found.input_gradient = static_cast<std::size_t>(graph_.producer(dz));
    const Node& forward = node(found.depthwise);
    const Node& weight = node(found.weight_gradient);
    const Node& input = node(found.input_gradient);
    const auto* back = as<ConvolutionInputGradient>(found.input_gradient);
    const bool same =
        is_tiled_depthwise(forward, graph_.shape(z).back()) &&
        std::get<Convolution>(forward.operation).activation ==
            ActivationKind::linear &&
        forward.inputs.size() == 2 && forward.inputs[0] == z &&
        as<ConvolutionWeightGradient>(found.weight_gradient) != nullptr &&
        weight.inputs[0] == z && back != nullptr && !back->residual &&
        back->activation == ActivationKind::linear &&
        input.inputs.size() == 2 && input.inputs[0] == weight.inputs[1] &&
        input.inputs[1] == forward.inputs[1];
    if (!same) return {};
    for (const std::size_t reader : readers(weight.outputs[0])) {
      if (reader < i) return {};
    }
    return found;
  }

  // What node i has in its place, and what those it joins have.
  void join(std::size_t i, const Found& found,
            std::vector<std::vector<Node>>& replaced) {
    const Node& gradient = node(i);
    const Node& expansion = node(found.expansion);
    const Node& normalization = node(found.normalization);
    const Node& depthwise = node(found.depthwise);
    const auto& batch = std::get<BatchNormalization>(normalization.operation);
    const Window2D window = std::get<Convolution>(depthwise.operation).window;
    const ValueId x = expansion.inputs[0];
    const ValueId w = expansion.inputs[1];
    const ValueId gamma = normalization.inputs[1];
    const ValueId beta = normalization.inputs[2];
    const ValueId mean = normalization.outputs[1];
    const ValueId variance = normalization.outputs[2];
    const ValueId v = depthwise.inputs[1];
    const Node statistics{.operation = ConvolutionStatistics{},
                          .inputs = {x, w},
                          .outputs = {mean, variance},
                          .name = normalization.name + "/statistics"};
    const std::string name = expansion.name + "/weights";
    const TensorSpec channels = graph_.value(gamma).spec;
    const Node weights{
        .operation = NormalizedWeights{.epsilon = batch.epsilon},
        .inputs = {w, gamma, beta, mean, variance},
        .outputs = {graph_.add_computed(name, graph_.value(w).spec),
                    graph_.add_computed(name + ":1", channels)},
        .name = name};
    const Node joined{
        .operation = ExpandedConvolution{.window = window,
                                         .expansion = batch.activation},
        .inputs = {x, weights.outputs[0], weights.outputs[1], v},
        .outputs = depthwise.outputs,
        .name =
            expansion.name + "+" + normalization.name + "+" + depthwise.name};
    const auto& old =
        std::get<NormalizedConvolutionGradient>(gradient.operation);
    Node back{
        .operation = NormalizedExpansionGradient{.window = window,
                                                 .epsilon = batch.epsilon,
                                                 .activation = batch.activation,
                                                 .residual = old.residual},
        .inputs = {node(found.input_gradient).inputs[0], x, w, gamma, beta,
                   mean, variance, v},
        .outputs = gradient.outputs,
        .name = node(found.input_gradient).name + "+" + gradient.name};
    if (old.residual) back.inputs.push_back(gradient.inputs[8]);
    back.outputs.push_back(node(found.weight_gradient).outputs[0]);
    replaced[found.normalization] = {statistics, weights};
    replaced[found.depthwise] = {joined};
    replaced[i] = {back};
    for (const std::size_t gone :
         {found.expansion, found.input_gradient, found.weight_gradient}) {
      replaced[gone].clear();
    }
  }

  Graph& graph_;
  std::vector<std::vector<std::size_t>> consumers_;
};

}  // namespace

void join_expansion_gradient(Graph& graph) {
  ExpansionJoiner(graph).run();
}

}  // namespace lathe::graph
