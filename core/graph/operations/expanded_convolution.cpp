#include "core/graph/operations/expanded_convolution.h"

namespace lathe::graph {

Convolution expansion_of(const ExpandedConvolution& operation,
                         SpecSpan inputs) {
  return {.window = {},
          .filters = inputs[1].shape.back(),
          .activation = operation.expansion};
}

Convolution depthwise_of(const ExpandedConvolution& operation,
                         SpecSpan inputs) {
  const std::int64_t channels = inputs[1].shape.back();
  return {.window = operation.window,
          .groups = channels,
          .filters = channels,
          .activation = operation.activation,
          .means = operation.means};
}

Specs ExpandedConvolution::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 4, 5);
  const TensorSpec image =
      expansion_of(*this, inputs).output_specs(inputs.first(3))[0];
  Specs operands{image};
  operands.insert(operands.end(), inputs.begin() + 3, inputs.end());
  return depthwise_of(*this, inputs).output_specs(operands);
}

Cost ExpandedConvolution::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  const Shape& x = inputs[0].shape;
  const auto expanded =
      static_cast<double>(x[0] * x[1] * x[2] * inputs[1].shape.back());
  cost.flops =
      2 * expanded * static_cast<double>(x[3]) +
      2 * static_cast<double>(outputs[0].shape.elements() *
                              window.kernel.height * window.kernel.width);
  return cost;
}

}  // namespace lathe::graph
