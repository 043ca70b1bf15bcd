#pragma once

#include <memory>

#include "core/communication/communicator.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// 1 - 2 sum(t p) / (sum(t) + sum(p) + 1e-7), as keras.losses.Dice. Inputs: p
/// (..., classes), probabilities, and the class id of each row (uint8 or
/// int32), which stands for a t of 1 at its class and 0 elsewhere; with one
/// class t is the id, 0 or 1. The sums are over all elements, or over those of
/// each class, whose losses' mean it then is (Keras' axis of None, and of all
/// but the last). Rows to ignore don't count. With `ranks` the rows are those
/// of all ranks, each of which gets the loss of all. Outputs: the loss (1),
/// zero where no row counts, and its slopes (classes, 2): its derivatives with
/// regard to a p whose row is of the class, and of another. An id that is no
/// class makes the loss NaN, and has no gradient.
struct Dice {
  static constexpr std::string_view kName = "dice";
  bool per_class = false;
  std::shared_ptr<Communicator> ranks = {};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dloss (1), the slopes, t. Output dp, of that shape. With ranks, dp
/// is what the sum of all ranks' losses changes by, which take the same dloss.
struct DiceGradient {
  static constexpr std::string_view kName = "dice_gradient";
  Shape shape{};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
