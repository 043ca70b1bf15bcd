#include <array>
#include <optional>

#include "core/graph/operations/sample_weights.h"
#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

class ExcitationJoiner {
 public:
  explicit ExcitationJoiner(Graph& graph) : graph_(graph) {}

  void run() {
    std::vector<Node> nodes = graph_.nodes();
    std::vector<bool> joined(nodes.size(), false);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto chain = chain_from(i);
      if (!chain) continue;
      nodes[chain->back()] = join(i, *chain);
      for (const std::size_t gone : {i, (*chain)[0], (*chain)[1]}) {
        joined[gone] = true;
      }
    }
    replace_nodes(graph_, std::move(nodes), joined);
  }

 private:
  // An activation, a convolution and an activation, each the only reader of
  // what is before it.
  using Chain = std::array<std::size_t, 3>;

  const Node& node(std::size_t i) const { return graph_.nodes()[i]; }

  // With a bias, of one pixel a sample, and few enough weights that the
  // operation's loops are as fast as a library's.
  bool is_product(std::size_t i) const {
    constexpr std::int64_t kMostWeights = 1 << 18;
    const auto* convolution = std::get_if<Convolution>(&node(i).operation);
    if (convolution == nullptr || convolution->residual ||
        convolution->activation != ActivationKind::linear ||
        node(i).inputs.size() != 3 ||
        !is_pointwise(convolution->window, convolution->groups)) {
      return false;
    }
    const Shape& x = graph_.shape(node(i).inputs[0]);
    const Shape& weights = graph_.shape(node(i).inputs[1]);
    return x[1] * x[2] == 1 && !has_own_weights(weights) &&
           weights.elements() <= kMostWeights;
  }

  std::optional<Chain> chain_from(std::size_t i) const {
    if (!is_product(i)) return {};
    Chain chain{};
    std::size_t last = i;
    for (std::size_t& next : chain) {
      const std::int64_t reader = only_reader(graph_, node(last).outputs[0]);
      if (reader < 0) return {};
      next = static_cast<std::size_t>(reader);
      if (node(next).inputs[0] != node(last).outputs[0]) return {};
      last = next;
    }
    const auto* hidden = std::get_if<Activation>(&node(chain[0]).operation);
    const auto* outer = std::get_if<Activation>(&node(chain[2]).operation);
    if (hidden == nullptr || outer == nullptr || !is_product(chain[1]) ||
        outer->kind == ActivationKind::swish) {
      return {};
    }
    return chain;
  }

  Node join(std::size_t first, const Chain& chain) const {
    const Node& product = node(chain[1]);
    Node joined{
        .operation =
            Excitation{
                .hidden = std::get<Activation>(node(chain[0]).operation).kind,
                .activation =
                    std::get<Activation>(node(chain[2]).operation).kind},
        .inputs = node(first).inputs,
        .outputs = {node(chain[2]).outputs[0], node(first).outputs[0]},
        .name = node(first).name + "+" + product.name};
    joined.inputs.insert(joined.inputs.end(), product.inputs.begin() + 1,
                         product.inputs.end());
    return joined;
  }

  Graph& graph_;
};

}  // namespace

void join_excitation(Graph& graph) {
  ExcitationJoiner(graph).run();
}

}  // namespace lathe::graph
