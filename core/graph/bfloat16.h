#pragma once

#include <optional>
#include <vector>

#include "core/graph/operation.h"

namespace lathe::graph {

/// Which values of a node are bfloat16 where it computes with it. The others
/// keep their types: weights of normalisations, statistics, all sums over
/// places and means of images, gradients of weights, what matrix products give.
struct Bfloat16Values {
  std::vector<bool> inputs;
  std::vector<bool> outputs;
};

/// Those of an operation with float32 inputs of these specs. None for what
/// always computes in float32: losses and metrics, sigmoid and softmax, updates
/// of weights and statistics.
std::optional<Bfloat16Values> bfloat16_values(const Operation& operation,
                                              SpecSpan inputs);

/// The specs with bfloat16 where `chosen` says.
Specs in_bfloat16(Specs specs, const std::vector<bool>& chosen);

/// The specs with float32 in the place of bfloat16.
Specs in_float32(Specs specs);

}  // namespace lathe::graph
