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

}  // namespace lathe::graph
