#include "core/graph/operations/optimizer.h"

#include "core/error.h"

namespace lathe::graph {

Specs Adam::output_specs(SpecSpan inputs) const {
  if (inputs.size() < 6 || inputs.size() % 4 != 2) {
    fail(kName, ": takes the iteration, the learning rate and w, g, m, v of ",
         "each weight, and was given ", inputs.size(), " inputs");
  }
  require_spec(kName, "the iteration", inputs[0], {{1}, DType::int64});
  require_spec(kName, "the learning rate", inputs[1], {{1}, DType::float32});
  for (std::size_t i = 2; i < inputs.size(); i += 4) {
    require_floating(kName, inputs[i]);
    require_spec(kName, "a gradient", inputs[i + 1], inputs[i]);
    require_spec(kName, "a first moment", inputs[i + 2], inputs[i]);
    require_spec(kName, "a second moment", inputs[i + 3], inputs[i]);
  }
  return {};
}

Cost Adam::cost(SpecSpan inputs, SpecSpan) const {
  Cost cost;
  for (std::size_t i = 2; i < inputs.size(); i += 4) {
    // Reads all four, writes all but the gradient.
    cost.bytes += 7 * static_cast<double>(inputs[i].bytes());
    cost.flops += 12 * static_cast<double>(inputs[i].shape.elements());
  }
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
