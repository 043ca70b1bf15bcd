#pragma once

#include <vector>

#include "core/graph/graph.h"

namespace lathe::graph {

/// Where the only reader of a value is one node, that node's index; otherwise,
/// and where the caller reads it, -1.
std::int64_t only_reader(const Graph& graph, ValueId id);

/// For every value the indices of the nodes that read it, in order; last, where
/// the caller reads it, the number of nodes.
std::vector<std::vector<std::size_t>> readers_of_values(const Graph& graph);

/// Gives the graph these nodes in place of its own, but for those that are
/// gone.
void replace_nodes(Graph& graph, std::vector<Node> nodes,
                   const std::vector<bool>& gone);

/// Joins nodes of a kind that has `activation` and `residual`, its residual
/// being the last input, with the activation or the sum that alone reads them.
template <class Kind>
class Fusion {
 public:
  explicit Fusion(Graph& graph) : graph_(graph) {}

  void run() {
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      if (std::holds_alternative<Kind>(graph_.nodes()[i].operation)) {
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
    auto& operation = std::get<Kind>(joined.operation);
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
    // Readers of the node's other outputs may stand between the two.
    std::vector<Node> late;
    std::vector<Node> result(nodes.begin(), first);
    for (std::size_t j = i + 1; j < place; ++j) {
      (reads_others(nodes[j], joined) ? late : result).push_back(nodes[j]);
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

  static bool reads_others(const Node& node, const Node& joined) {
    for (std::size_t o = 1; o < joined.outputs.size(); ++o) {
      for (const ValueId input : node.inputs) {
        if (input == joined.outputs[o]) return true;
      }
    }
    return false;
  }

  Graph& graph_;
};

}  // namespace lathe::graph
