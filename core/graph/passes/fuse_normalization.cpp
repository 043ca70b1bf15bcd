#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// Where the only reader of a value is one node, that node's index.
std::int64_t only_reader(const Graph& graph, ValueId id) {
  for (const auto& [name, output] : graph.outputs()) {
    if (output == id) return -1;
  }
  std::int64_t reader = -1;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    for (const ValueId input : graph.nodes()[i].inputs) {
      if (input != id) continue;
      if (reader >= 0) return -1;
      reader = static_cast<std::int64_t>(i);
    }
  }
  return reader;
}

template <class Normalization>
class Fusion {
 public:
  explicit Fusion(Graph& graph) : graph_(graph) {}

  void run() {
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (std::holds_alternative<Normalization>(graph_.nodes()[i].operation)) {
        while (join_reader(i)) {
        }
      }
    }
  }

 private:
  // Lets node i compute what its only reader does; the joined node stands where
  // the reader stood, for a sum's other operand may come after node i.
  bool join_reader(std::size_t& i) {
    Node joined = graph_.nodes()[i];
    const std::int64_t reader = only_reader(graph_, joined.outputs[0]);
    if (reader < 0) return false;
    const auto place = static_cast<std::size_t>(reader);
    const Node& next = graph_.nodes()[place];
    auto& operation = std::get<Normalization>(joined.operation);
    if (operation.activation != ActivationKind::linear) return false;
    if (const auto* activation = std::get_if<Activation>(&next.operation)) {
      operation.activation = activation->kind;
    } else if (std::holds_alternative<Add>(next.operation) &&
               !operation.residual) {
      operation.residual = true;
      joined.inputs.push_back(next.inputs[0] == joined.outputs[0]
                                  ? next.inputs[1]
                                  : next.inputs[0]);
    } else {
      return false;
    }
    joined.outputs[0] = next.outputs[0];
    joined.name = joined.name + "+" + next.name;
    std::vector<Node> nodes = graph_.nodes();
    const auto first = nodes.begin() + static_cast<std::ptrdiff_t>(i);
    // Readers of the batch's statistics may stand between the two.
    std::vector<Node> late;
    std::vector<Node> result(nodes.begin(), first);
    for (std::size_t j = i + 1; j < place; ++j) {
      (reads_statistics(nodes[j], joined) ? late : result).push_back(nodes[j]);
    }
    i = result.size();
    result.push_back(joined);
    result.insert(result.end(), late.begin(), late.end());
    result.insert(result.end(),
                  nodes.begin() + static_cast<std::ptrdiff_t>(place) + 1,
                  nodes.end());
    graph_.replace_nodes(std::move(result));
    return true;
  }

  static bool reads_statistics(const Node& node, const Node& normalization) {
    for (std::size_t o = 1; o < normalization.outputs.size(); ++o) {
      for (const ValueId input : node.inputs) {
        if (input == normalization.outputs[o]) return true;
      }
    }
    return false;
  }

  Graph& graph_;
};

}  // namespace

void fuse_normalization(Graph& graph) {
  Fusion<BatchNormalization>(graph).run();
  Fusion<FixedNormalization>(graph).run();
}

}  // namespace lathe::graph
