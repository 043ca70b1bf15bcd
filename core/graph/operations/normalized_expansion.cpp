#include "core/graph/operations/normalized_expansion.h"

#include "core/graph/operations/normalized_convolution.h"

namespace lathe::graph {

Specs NormalizedExpansionGradient::output_specs(SpecSpan inputs) const {
  const std::size_t count = residual ? 9 : 8;
  require_inputs(kName, inputs, count, count);
  const TensorSpec& dt = inputs[0];
  const TensorSpec& v = inputs[7];
  const std::int64_t channels = inputs[2].shape.back();
  const Specs operands{inputs[1], inputs[2]};
  const TensorSpec z =
      Convolution{.window = {}, .filters = channels}.output_specs(operands)[0];
  const Convolution depthwise{
      .window = window, .groups = channels, .filters = channels};
  const Specs images{z, v};
  require_spec(kName, "the gradient", dt, depthwise.output_specs(images)[0]);
  Specs normalized{z, z, inputs[3], inputs[4], inputs[5], inputs[6]};
  normalized.insert(normalized.end(), inputs.begin() + 1, inputs.begin() + 3);
  if (residual) normalized.push_back(inputs[8]);
  Specs outputs =
      NormalizedConvolutionGradient{
          .epsilon = epsilon, .activation = activation, .residual = residual}
          .output_specs(normalized);
  outputs.push_back(v);
  return outputs;
}

Cost NormalizedExpansionGradient::cost(SpecSpan inputs,
                                       SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  const Shape& x = inputs[1].shape;
  const auto expanded = static_cast<double>(x[0] * x[1] * x[2]) *
                        static_cast<double>(inputs[2].shape.back());
  cost.flops =
      expanded * static_cast<double>(14 + 6 * x[3]) +
      4 * static_cast<double>(inputs[0].shape.elements() *
                              window.kernel.height * window.kernel.width);
  return cost;
}

std::optional<std::size_t> NormalizedExpansionGradient::in_place(
    std::size_t input_count) const {
  if (!residual) return std::nullopt;
  return input_count - 1;
}

}  // namespace lathe::graph
