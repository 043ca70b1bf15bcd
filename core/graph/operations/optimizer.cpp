#include "core/graph/operations/optimizer.h"

#include "core/error.h"

namespace lathe::graph {

Specs Adam::output_specs(SpecSpan inputs) const {
  if (inputs.size() < 2 || (inputs.size() - 2) % 4 != 0) {
    fail(kName, ": ", inputs.size(),
         " inputs; right would be iteration, learning rate and four a weight");
  }
  if (inputs[0] != TensorSpec{{1}, DType::int64} ||
      inputs[1] != TensorSpec{{1}, DType::float32}) {
    fail(kName, ": iteration and learning rate are ", inputs[0], " and ",
         inputs[1], "; right would be int64 (1) and float32 (1)");
  }
  for (std::size_t i = 2; i < inputs.size(); i += 4) {
    for (std::size_t j = i + 1; j < i + 4; ++j) {
      if (inputs[j] != inputs[i]) {
        fail(kName, ": a weight is ", inputs[i], " and what goes with it ",
             inputs[j]);
      }
    }
  }
  return {};
}

Cost Adam::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  // Seven streams: four read, three written.
  cost.bytes *= 7.0 / 4.0;
  cost.flops = cost.bytes / 28.0 * 14.0;
  return cost;
}

std::vector<std::size_t> Adam::writes(std::size_t input_count) const {
  std::vector<std::size_t> result;
  for (std::size_t i = 2; i < input_count; i += 4) {
    result.insert(result.end(), {i, i + 2, i + 3});
  }
  return result;
}

}  // namespace lathe::graph
