#include "core/graph/operations/loss.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_binary(std::string_view operation, const TensorSpec& p,
                    const TensorSpec& t) {
  if (t.dtype != DType::uint8 || t.shape.elements() != p.shape.elements()) {
    fail(operation, ": targets ", t, " for predictions ", p,
         "; right would be uint8, one for each prediction");
  }
}

void require_categorical(std::string_view operation, const TensorSpec& p,
                         const TensorSpec& t) {
  const bool typed = t.dtype == DType::uint8 || t.dtype == DType::int32;
  if (p.shape.rank() < 2 || !typed ||
      t.shape.elements() * p.shape.back() != p.shape.elements()) {
    fail(operation, ": targets ", t, " for predictions ", p,
         "; right would be uint8 or int32, one for each row of predictions");
  }
}

void require_scalar(std::string_view operation, const TensorSpec& spec) {
  if (spec.shape.elements() != 1) {
    fail(operation, ": the loss's gradient is ", spec, ", not a scalar");
  }
}

}  // namespace

Specs BinaryCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_binary(kName, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void BinaryCrossentropy::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(
             BinaryCrossentropyGradient{.from_logits = from_logits},
             {builder.output_gradient(), builder.input(0), builder.input(1)}));
}

Cost BinaryCrossentropy::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = 25.0 * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs BinaryCrossentropyGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_scalar(kName, inputs[0]);
  require_binary(kName, inputs[1], inputs[2]);
  return {inputs[1]};
}

Cost BinaryCrossentropyGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 12);
}

Specs SparseCategoricalCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_categorical(kName, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void SparseCategoricalCrossentropy::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(
             SparseCategoricalCrossentropyGradient{.from_logits = from_logits},
             {builder.output_gradient(), builder.input(0), builder.input(1)}));
}

Cost SparseCategoricalCrossentropy::cost(SpecSpan inputs,
                                         SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = 12.0 * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs SparseCategoricalCrossentropyGradient::output_specs(
    SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_scalar(kName, inputs[0]);
  require_categorical(kName, inputs[1], inputs[2]);
  return {inputs[1]};
}

Cost SparseCategoricalCrossentropyGradient::cost(SpecSpan inputs,
                                                 SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 12);
}

}  // namespace lathe::graph
