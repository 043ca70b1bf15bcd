#include "core/graph/operations/metric.h"

#include "core/error.h"
#include "core/graph/operations/loss.h"

namespace lathe::graph {
namespace {

Cost cost_of_rows(SpecSpan inputs, SpecSpan outputs) {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(inputs[0].shape.elements());
  return cost;
}

void require_rows(std::string_view operation, const TensorSpec& p) {
  require_floating(operation, p);
  require_last_axis(operation, p);
}

}  // namespace

Specs PredictedClass::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_rows(kName, inputs[0]);
  const Shape& shape = inputs[0].shape;
  return {{{shape.elements() / shape.back()}, DType::int32}};
}

Cost PredictedClass::cost(SpecSpan inputs, SpecSpan outputs) const {
  return cost_of_rows(inputs, outputs);
}

Specs ConfusionMatrix::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& p = inputs[0];
  require_rows(kName, p);
  const std::int64_t channels = p.shape.back();
  if (classes != (channels == 1 ? 2 : channels)) {
    fail(kName, ": predictions of ", p, " for ", classes,
         " classes; there must be a channel a class, or one for two");
  }
  require_targets(kName, p, inputs[1], channels);
  return {{{classes, classes}, DType::int64}};
}

Cost ConfusionMatrix::cost(SpecSpan inputs, SpecSpan outputs) const {
  return cost_of_rows(inputs, outputs);
}

Specs TopK::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& p = inputs[0];
  require_rows(kName, p);
  require_targets(kName, p, inputs[1], p.shape.back());
  if (k < 1 || p.shape.back() < 2) {
    fail(kName, ": the ", k, " largest of ", p.shape.back(),
         " predictions a row; there must be at least 1 of at least 2");
  }
  return {{{1}, DType::int64}};
}

Cost TopK::cost(SpecSpan inputs, SpecSpan outputs) const {
  return cost_of_rows(inputs, outputs);
}

}  // namespace lathe::graph
