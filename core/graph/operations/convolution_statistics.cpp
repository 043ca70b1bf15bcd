#include "core/graph/operations/convolution_statistics.h"

#include "core/graph/operations/convolution.h"

namespace lathe::graph {

Specs ConvolutionStatistics::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec y =
      Convolution{.window = {}, .filters = inputs[1].shape.back()}.output_specs(
          inputs)[0];
  const TensorSpec filters{{y.shape.back()}, y.dtype};
  return {filters, filters};
}

Cost ConvolutionStatistics::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  const auto channels = static_cast<double>(inputs[0].shape.back());
  cost.flops = 2 * channels *
               (static_cast<double>(inputs[0].shape.elements()) +
                static_cast<double>(inputs[1].shape.elements()));
  return cost;
}

}  // namespace lathe::graph
