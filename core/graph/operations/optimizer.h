#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Adam as Keras has it (Kingma and Ba, 2015, with epsilon outside the bias
/// correction), over all weights at once, in place:
///   alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
///   m += (g - m) (1 - beta_1);  v += (g g - v) (1 - beta_2)
///   w -= alpha m / (sqrt(v) + epsilon)
/// with t = iteration + 1. Inputs: iteration (int64, 1), learning rate
/// (float32, 1), then w, g, m, v of each weight. No outputs.
struct Adam {
  static constexpr std::string_view kName = "adam";
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

}  // namespace lathe::graph
