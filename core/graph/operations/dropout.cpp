#include "core/graph/operations/dropout.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

Specs Dropout::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& x = inputs[0];
  require_floating(kName, x);
  if (x.shape.rank() == 0) fail(kName, ": needs a batch axis; was given ", x);
  if (!(rate >= 0 && rate < 1)) {
    fail(kName, ": the rate is ", rate, "; it must be at least 0 and below 1");
  }
  require_spec(kName, "the draw", inputs[1], {{x.shape[0] + 2}, DType::int64});
  if (noise_shape.rank() != 0) {
    bool fits = noise_shape.rank() + 1 == x.shape.rank();
    for (std::size_t axis = 0; fits && axis < noise_shape.rank(); ++axis) {
      fits = noise_shape[axis] == 1 || noise_shape[axis] == x.shape[axis + 1];
    }
    if (!fits) {
      fail(kName, ": the noise shape ", noise_shape,
           " must be the sample's extents, or 1 where they share a draw, for ",
           x.shape);
    }
  }
  return {x};
}

void Dropout::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(*this, {builder.output_gradient(), builder.input(1)}));
}

Cost Dropout::cost(SpecSpan inputs, SpecSpan outputs) const {
  // Philox takes some 25 operations a word.
  return streaming_cost(inputs, outputs, 25);
}

}  // namespace lathe::graph
