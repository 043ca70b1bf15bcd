#include "core/compiler/constant_part.h"

#include <algorithm>

namespace lathe {
namespace {

using graph::Graph;
using graph::Node;
using graph::Role;
using graph::ValueId;

std::size_t place_of(ValueId id) {
  return static_cast<std::size_t>(id);
}

// By value, whether a node changes it in place.
std::vector<bool> written_values(const Graph& graph) {
  std::vector<bool> written(graph.values().size());
  for (const Node& node : graph.nodes()) {
    for (const std::size_t input :
         graph::writes_of(node.operation, node.inputs.size())) {
      written[place_of(node.inputs[input])] = true;
    }
  }
  return written;
}

}  // namespace

ConstantPart constant_part(const Graph& graph) {
  const std::vector<bool> written = written_values(graph);
  std::vector<bool> computed(graph.values().size());
  ConstantPart part{.nodes = std::vector<bool>(graph.nodes().size()),
                    .values = std::vector<bool>(graph.values().size()),
                    .kept = std::vector<bool>(graph.values().size())};
  for (std::size_t v = 0; v < graph.values().size(); ++v) {
    const Role role = graph.values()[v].role;
    part.values[v] =
        (role == Role::weight || role == Role::state) && !written[v];
  }
  const auto keep = [&](ValueId id) {
    part.kept[place_of(id)] =
        part.values[place_of(id)] && computed[place_of(id)];
  };
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    part.nodes[i] =
        std::ranges::all_of(
            node.inputs,
            [&](ValueId id) { return part.values[place_of(id)]; }) &&
        std::ranges::none_of(node.outputs,
                             [&](ValueId id) { return written[place_of(id)]; });
    for (const ValueId id : node.outputs) {
      computed[place_of(id)] = true;
      part.values[place_of(id)] = part.nodes[i];
    }
    if (!part.nodes[i]) std::ranges::for_each(node.inputs, keep);
  }
  for (const auto& [name, id] : graph.outputs()) keep(id);
  return part;
}

}  // namespace lathe
