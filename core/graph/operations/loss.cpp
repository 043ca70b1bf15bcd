#include "core/graph/operations/loss.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_binary(std::string_view operation, const TensorSpec& p,
                    const TensorSpec& t) {
  require_floating(operation, p);
  if (t.dtype != DType::uint8 || t.shape.elements() != p.shape.elements()) {
    fail(operation, ": targets of ", t, " for predictions of ", p,
         "; there must be a uint8 for each");
  }
}

void require_classes(std::string_view operation, const TensorSpec& p,
                     const TensorSpec& t) {
  require_floating(operation, p);
  require_last_axis(operation, p);
  const std::int64_t classes = p.shape.back();
  if (classes > kIgnoredTarget) {
    fail(operation, ": ", classes, " classes; at most ", kIgnoredTarget,
         ", for a target of ", kIgnoredTarget, " is one to ignore");
  }
  if ((t.dtype != DType::uint8 && t.dtype != DType::int32) ||
      t.shape.elements() * classes != p.shape.elements()) {
    fail(operation, ": targets of ", t, " for predictions of ", p,
         "; there must be a uint8 or int32 for each row of ", classes);
  }
}

}  // namespace

Specs BinaryCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_binary(kName, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void BinaryCrossentropy::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(BinaryCrossentropyGradient{from_logits},
                                {builder.output_gradient(), builder.input(0),
                                 builder.input(1)}));
}

Cost BinaryCrossentropy::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = 20 * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs BinaryCrossentropyGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_binary(kName, inputs[1], inputs[2]);
  require_spec(kName, "dloss", inputs[0], {{1}, inputs[1].dtype});
  return {inputs[1]};
}

Cost BinaryCrossentropyGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 12);
}

Specs SparseCategoricalCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_classes(kName, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void SparseCategoricalCrossentropy::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(
             SparseCategoricalCrossentropyGradient{from_logits},
             {builder.output_gradient(), builder.input(0), builder.input(1)}));
}

Cost SparseCategoricalCrossentropy::cost(SpecSpan inputs,
                                         SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops =
      (from_logits ? 12 : 1) * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs SparseCategoricalCrossentropyGradient::output_specs(
    SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_classes(kName, inputs[1], inputs[2]);
  require_spec(kName, "dloss", inputs[0], {{1}, inputs[1].dtype});
  return {inputs[1]};
}

Cost SparseCategoricalCrossentropyGradient::cost(SpecSpan inputs,
                                                 SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, from_logits ? 12 : 3);
}

}  // namespace lathe::graph
