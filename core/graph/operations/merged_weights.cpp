#include "core/graph/operations/merged_weights.h"

#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void exchange_where(bool transposed, Shape& shape) {
  if (transposed) std::swap(shape[2], shape[3]);
}

// A sum of as many as the factor has for each of the merged weights.
Cost cost_of_sums(Size2D factor, SpecSpan inputs, SpecSpan outputs,
                  const TensorSpec& merged) {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(factor.height * factor.width *
                                   merged.shape.elements());
  return cost;
}

}  // namespace

Specs MergedWeights::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_rank(kName, inputs[0], 4);
  if (factor.height < 1 || factor.width < 1) {
    fail(kName, ": factors ", factor.height, " and ", factor.width,
         "; each must be at least 1");
  }
  TensorSpec y = inputs[0];
  exchange_where(transposed, y.shape);
  y.shape[0] += factor.height - 1;
  y.shape[1] += factor.width - 1;
  return {y};
}

void MergedWeights::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(MergedWeightsGradient{.factor = factor,
                                                      .transposed = transposed},
                                {builder.output_gradient()}));
}

Cost MergedWeights::cost(SpecSpan inputs, SpecSpan outputs) const {
  return cost_of_sums(factor, inputs, outputs, outputs[0]);
}

Specs MergedWeightsGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_rank(kName, inputs[0], 4);
  TensorSpec dw = inputs[0];
  dw.shape[0] -= factor.height - 1;
  dw.shape[1] -= factor.width - 1;
  if (dw.shape[0] < 1 || dw.shape[1] < 1) {
    fail(kName, ": dy of ", inputs[0].shape, " has no room for the factors ",
         factor.height, " and ", factor.width);
  }
  exchange_where(transposed, dw.shape);
  return {dw};
}

Cost MergedWeightsGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return cost_of_sums(factor, inputs, outputs, inputs[0]);
}

}  // namespace lathe::graph
