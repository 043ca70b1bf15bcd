#pragma once

#include <vector>

#include "core/graph/graph.h"

namespace lathe {

/// Where every value of a graph lies in one arena.
struct MemoryPlan {
  /// By value; kNowhere for weights, states and values nobody computes.
  std::vector<std::size_t> offsets;
  std::size_t bytes = 0;

  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
};

struct MemoryPlanOptions {
  /// Let results take over the memory of inputs read for the last time.
  bool in_place = true;
  /// Let values share memory when they don't live at the same time.
  bool liveness = true;
  /// Keep what only changes with the weights (constant_part.h) between runs.
  bool prepare_once = true;
};

/// Lays out inputs and computed values. A value lives from the node that
/// computes it to the last one that reads it; inputs and outputs of the graph
/// live always, and so does what is kept between runs. Large values are placed
/// first, each at the lowest offset free during its life (greedy by size,
/// Pisarchyk and Lee, "Efficient memory management for deep neural net
/// inference", 2020).
MemoryPlan plan_memory(const graph::Graph& graph,
                       const MemoryPlanOptions& options = {});

/// Bytes in use while each node runs; a plan needs at least the most of them.
std::vector<std::size_t> bytes_in_use(const graph::Graph& graph,
                                      const MemoryPlanOptions& options = {});

}  // namespace lathe
