#include "core/graph/operations/metric.h"

#include "core/error.h"

namespace lathe::graph {

Specs ConfusionMatrix::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const Shape& p = inputs[0].shape;
  const TensorSpec& t = inputs[1];
  const std::int64_t channels = p.rank() == 0 ? 1 : p.back();
  const bool typed = t.dtype == DType::uint8 || t.dtype == DType::int32;
  if (!typed || t.shape.elements() * channels != p.elements() ||
      classes != (channels == 1 ? 2 : channels)) {
    fail(kName, ": targets ", t, " and ", classes, " classes for predictions ",
         p, "; right would be uint8 or int32, one for each row");
  }
  return {{{classes, classes}, DType::int64}};
}

Cost ConfusionMatrix::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

}  // namespace lathe::graph
