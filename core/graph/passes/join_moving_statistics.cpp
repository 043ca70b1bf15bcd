#include <algorithm>
#include <map>
#include <tuple>

#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// Momentum, warm-up and count: what those that are joined have in common.
using Key = std::tuple<double, double, ValueId>;

class StatisticsJoiner {
 public:
  explicit StatisticsJoiner(Graph& graph)
      : graph_(graph), consumers_(graph.consumers()) {}

  void run() {
    std::map<Key, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      const auto* move = std::get_if<MovingStatistics>(&node(i).operation);
      if (move == nullptr || !may_move_later(node(i))) continue;
      alike[{move->momentum, move->warm_up, node(i).inputs[0]}].push_back(i);
    }
    std::vector<Node> nodes = graph_.nodes();
    std::vector<bool> joined(nodes.size(), false);
    for (const auto& [key, members] : alike) {
      if (is_written(std::get<ValueId>(key), members.front(), members.back())) {
        continue;
      }
      Node& last = nodes[members.back()];
      last.inputs.resize(1);
      for (const std::size_t i : members) {
        last.inputs.insert(last.inputs.end(), node(i).inputs.begin() + 1,
                           node(i).inputs.end());
        joined[i] = i != members.back();
      }
      if (members.size() > 1) last.name = "moving_statistics";
    }
    replace_nodes(graph_, std::move(nodes), joined);
  }

 private:
  const Node& node(std::size_t i) const { return graph_.nodes()[i]; }

  // Whether nobody else reads or moves what the node does.
  bool may_move_later(const Node& move) const {
    for (std::size_t i = 1; i < move.inputs.size(); i += 2) {
      const ValueId moving = move.inputs[i];
      const auto& outputs = graph_.outputs();
      if (consumers_[static_cast<std::size_t>(moving)].size() != 1 ||
          std::ranges::any_of(outputs, [moving](const auto& output) {
            return output.second == moving;
          })) {
        return false;
      }
    }
    return true;
  }

  bool is_written(ValueId id, std::size_t first, std::size_t last) const {
    for (std::size_t i = first; i < last; ++i) {
      const std::vector<ValueId>& inputs = node(i).inputs;
      for (const std::size_t w : writes_of(node(i).operation, inputs.size())) {
        if (inputs[w] == id) return true;
      }
    }
    return false;
  }

  Graph& graph_;
  std::vector<std::vector<std::size_t>> consumers_;
};

}  // namespace

void join_moving_statistics(Graph& graph) {
  StatisticsJoiner(graph).run();
}

}  // namespace lathe::graph
