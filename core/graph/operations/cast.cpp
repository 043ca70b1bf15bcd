#include "core/graph/operations/cast.h"

#include "core/error.h"

namespace lathe::graph {

Specs Cast::output_specs(SpecSpan inputs) const {
  if (to != DType::float32 && to != DType::bfloat16) {
    fail(kName, ": to float32 or bfloat16, not to ", to);
  }
  const DType from = to == DType::float32 ? DType::bfloat16 : DType::float32;
  Specs outputs;
  for (const TensorSpec& input : inputs) {
    require_spec(kName, "an input", input, {input.shape, from});
    outputs.push_back({input.shape, to});
  }
  return outputs;
}

Cost Cast::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

}  // namespace lathe::graph
