#include "core/graph/operations/activation.h"

#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

Specs like_both(std::string_view operation, SpecSpan inputs) {
  require_inputs(operation, inputs, 2, 2);
  require_floating(operation, inputs[0]);
  require_spec(operation, "the second input", inputs[1], inputs[0]);
  return {inputs[0]};
}

double flops(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::linear:
      return 0;
    case ActivationKind::relu:
      return 1;
    case ActivationKind::sigmoid:
    case ActivationKind::swish:
    case ActivationKind::tanh:
      return 10;
  }
  return 0;
}

}  // namespace

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
  require_floating(kName, inputs[0]);
  return {inputs[0]};
}

void Activation::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  if (kind == ActivationKind::linear) {
    builder.flow(0, dy);
    return;
  }
  const ValueId known =
      kind == ActivationKind::swish ? builder.input(0) : builder.output(0);
  builder.flow(0, builder.apply(ActivationGradient{kind}, {dy, known}));
}

Cost Activation::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, flops(kind));
}

Specs ActivationGradient::output_specs(SpecSpan inputs) const {
  return like_both(kName, inputs);
}

Cost ActivationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1 + flops(kind));
}

Specs Softmax::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_floating(kName, inputs[0]);
  require_last_axis(kName, inputs[0]);
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
  return like_both(kName, inputs);
}

Cost SoftmaxGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 4);
}

}  // namespace lathe::graph
