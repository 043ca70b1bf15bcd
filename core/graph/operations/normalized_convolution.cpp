#include "core/graph/operations/normalized_convolution.h"

#include "core/graph/operations/convolution.h"
#include "core/graph/operations/normalization.h"

namespace lathe::graph {

Specs NormalizedConvolutionGradient::output_specs(SpecSpan inputs) const {
  const std::size_t count = residual ? 9 : 8;
  require_inputs(kName, inputs, count, count);
  const TensorSpec& x = inputs[6];
  const TensorSpec& w = inputs[7];
  const Specs normalization =
      BatchNormalizationGradient{.epsilon = epsilon, .activation = activation}
          .output_specs(inputs.first(6));
  const Specs convolution =
      ConvolutionWeightGradient{.window = {}, .weight_shape = w.shape}
          .output_specs(Specs{x, normalization[0]});
  require_spec(kName, "the kernel", w, convolution[0]);
  if (residual) require_spec(kName, "the residual", inputs[8], x);
  return {x, w, normalization[1], normalization[2]};
}

Cost NormalizedConvolutionGradient::cost(SpecSpan inputs,
                                         SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  const auto elements = static_cast<double>(inputs[1].shape.elements());
  const auto channels = static_cast<double>(inputs[6].shape.back());
  cost.flops = elements * (14 + 4 * channels);
  return cost;
}

std::optional<std::size_t> NormalizedConvolutionGradient::in_place(
    std::size_t input_count) const {
  if (!residual) return std::nullopt;
  return input_count - 1;
}

}  // namespace lathe::graph
