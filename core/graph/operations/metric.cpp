#include "core/graph/operations/metric.h"

#include "core/error.h"

namespace lathe::graph {

Specs ConfusionMatrix::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& p = inputs[0];
  const TensorSpec& t = inputs[1];
  require_floating(kName, p);
  require_last_axis(kName, p);
  const std::int64_t channels = p.shape.back();
  if (classes != (channels == 1 ? 2 : channels)) {
    fail(kName, ": predictions of ", p, " for ", classes,
         " classes; there must be a channel a class, or one for two");
  }
  if ((t.dtype != DType::uint8 && t.dtype != DType::int32) ||
      t.shape.elements() * channels != p.shape.elements()) {
    fail(kName, ": targets of ", t, " for predictions of ", p,
         "; there must be a uint8 or int32 for each row of ", channels);
  }
  return {{{classes, classes}, DType::int64}};
}

Cost ConfusionMatrix::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(inputs[0].shape.elements());
  return cost;
}

}  // namespace lathe::graph
