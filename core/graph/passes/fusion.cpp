#include "core/graph/passes/fusion.h"

namespace lathe::graph {

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

std::vector<std::vector<std::size_t>> readers_of_values(const Graph& graph) {
  auto readers = graph.consumers();
  for (const auto& [name, id] : graph.outputs()) {
    readers[static_cast<std::size_t>(id)].push_back(graph.nodes().size());
  }
  return readers;
}

void replace_nodes(Graph& graph, std::vector<Node> nodes,
                   const std::vector<bool>& gone) {
  std::vector<Node> kept;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(nodes[i]));
  }
  graph.replace_nodes(std::move(kept));
}

}  // namespace lathe::graph
