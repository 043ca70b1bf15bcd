#include "core/graph/operations/dice.h"

#include "core/graph/gradient.h"
#include "core/graph/operations/loss.h"

namespace lathe::graph {

Specs Dice::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_floating(kName, inputs[0]);
  require_last_axis(kName, inputs[0]);
  const std::int64_t classes = inputs[0].shape.back();
  require_targets(kName, inputs[0], inputs[1], classes);
  return {{{1}, inputs[0].dtype}, {{classes, 2}, inputs[0].dtype}};
}

void Dice::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(DiceGradient{builder.input_shape(0)},
                                {builder.output_gradient(), builder.output(1),
                                 builder.input(1)}));
}

Cost Dice::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs DiceGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  const TensorSpec dp{shape, inputs[0].dtype};
  require_floating(kName, dp);
  require_last_axis(kName, dp);
  require_spec(kName, "dloss", inputs[0], {{1}, dp.dtype});
  require_spec(kName, "slopes", inputs[1], {{shape.back(), 2}, dp.dtype});
  require_targets(kName, dp, inputs[2], shape.back());
  return {dp};
}

Cost DiceGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

}  // namespace lathe::graph
