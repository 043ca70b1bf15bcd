#pragma once

#include <vector>

#include "core/graph/graph.h"

namespace lathe {

/// What of a graph changes only where the caller changes a weight or a state:
/// such as weights with the normalisation folded in, in a graph that does not
/// train them.
struct ConstantPart {
  /// By node: those that read nothing else, and write nothing in place.
  std::vector<bool> nodes;
  /// By value: weights and states that no node writes, and what those nodes
  /// compute.
  std::vector<bool> values;
  /// By value: what other nodes, or the caller, read of what they compute.
  std::vector<bool> kept;
};

/// What it is of that graph.
ConstantPart constant_part(const graph::Graph& graph);

}  // namespace lathe
