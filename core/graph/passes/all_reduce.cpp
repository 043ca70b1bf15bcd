#include <algorithm>

#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

struct Summed {
  ValueId id;
  /// The last node that computes or reads it.
  std::size_t last_use;
};

// In the order in which they are there.
std::vector<Summed> in_order(const Graph& graph,
                             const std::vector<ValueId>& ids) {
  std::vector<Summed> values;
  for (const ValueId id : ids) {
    const bool known = std::ranges::any_of(
        values, [&](const Summed& value) { return value.id == id; });
    // One that is the gradient of two weights is summed once.
    if (!known) values.push_back({.id = id, .last_use = 0});
  }
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    for (Summed& value : values) {
      if (std::ranges::count(node.inputs, value.id) > 0 ||
          std::ranges::count(node.outputs, value.id) > 0) {
        value.last_use = i;
      }
    }
  }
  std::ranges::stable_sort(values, {}, &Summed::last_use);
  return values;
}

}  // namespace

void all_reduce(Graph& graph, const std::vector<ValueId>& ids,
                const std::shared_ptr<Communicator>& ranks,
                std::size_t bucket_bytes) {
  const std::vector<Summed> values = in_order(graph, ids);
  std::vector<Node> nodes;
  std::vector<Node> waits;
  std::vector<ValueId> bucket;
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    nodes.push_back(graph.nodes()[i]);
    for (; next < values.size() && values[next].last_use == i; ++next) {
      bucket.push_back(values[next].id);
      bytes += graph.value(values[next].id).spec.bytes();
    }
    const bool full = bytes >= bucket_bytes || next == values.size();
    if (bucket.empty() || !full) continue;
    const auto shared =
        std::make_shared<ReductionBucket>(ReductionBucket{.ranks = ranks});
    nodes.push_back({.operation = StartAllReduce{shared},
                     .inputs = bucket,
                     .outputs = {},
                     .name = "gradients/start_all_reduce"});
    waits.push_back({.operation = WaitAllReduce{shared},
                     .inputs = bucket,
                     .outputs = {},
                     .name = "gradients/wait_all_reduce"});
    bucket.clear();
    bytes = 0;
  }
  nodes.insert(nodes.end(), waits.begin(), waits.end());
  graph.replace_nodes(std::move(nodes));
}

}  // namespace lathe::graph
