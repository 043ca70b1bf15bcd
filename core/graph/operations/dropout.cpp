#include "core/graph/operations/dropout.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

Specs Dropout::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (!(rate >= 0 && rate < 1)) {
    fail(kName, ": a rate of ", rate, "; it must be in [0, 1)");
  }
  const Shape& x = inputs[0].shape;
  if (x.rank() < 1 || inputs[1] != TensorSpec{{x[0] + 2}, DType::int64}) {
    fail(kName, ": the draw is ", inputs[1], " for ", x,
         "; right would be int64, the batch's size + 2");
  }
  if (noise_shape.rank() != 0) {
    bool fits = noise_shape.rank() + 1 == x.rank();
    for (std::size_t i = 0; fits && i < noise_shape.rank(); ++i) {
      fits = noise_shape[i] == 1 || noise_shape[i] == x[i + 1];
    }
    if (!fits) {
      fail(kName, ": a noise shape of ", noise_shape, " for ", x,
           "; each entry must be 1 or the extent of its axis");
    }
  }
  return {inputs[0]};
}

void Dropout::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(Dropout{*this},
                                {builder.output_gradient(), builder.input(1)}));
}

Cost Dropout::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 20);
}

}  // namespace lathe::graph
