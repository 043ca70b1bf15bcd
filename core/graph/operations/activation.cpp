#include "core/graph/operations/activation.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

std::string_view name_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::linear:
      return "linear";
    case ActivationKind::relu:
      return "relu";
    case ActivationKind::sigmoid:
      return "sigmoid";
    case ActivationKind::swish:
      return "swish";
    case ActivationKind::tanh:
      return "tanh";
  }
  return "unknown";
}

Specs Activation::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  return {inputs[0]};
}

void Activation::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  if (kind == ActivationKind::linear) return builder.flow(0, dy);
  const ValueId seen =
      kind == ActivationKind::swish ? builder.input(0) : builder.output(0);
  builder.flow(0, builder.apply(ActivationGradient{.kind = kind}, {dy, seen}));
}

Cost Activation::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, kind == ActivationKind::relu ? 1 : 10);
}

Specs ActivationGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (inputs[0] != inputs[1]) {
    fail(kName, ": the gradient is ", inputs[0], " and what it belongs to ",
         inputs[1]);
  }
  return {inputs[0]};
}

Cost ActivationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, kind == ActivationKind::relu ? 1 : 10);
}

Specs Softmax::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  if (inputs[0].shape.rank() == 0) fail(kName, ": takes at least one axis");
  return {inputs[0]};
}

void Softmax::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(SoftmaxGradient{}, {builder.output_gradient(),
                                                    builder.output(0)}));
}

Cost Softmax::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 12);
}

Specs SoftmaxGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (inputs[0] != inputs[1]) {
    fail(kName, ": the gradient is ", inputs[0], " and the softmax ",
         inputs[1]);
  }
  return {inputs[0]};
}

Cost SoftmaxGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 4);
}

}  // namespace lathe::graph
