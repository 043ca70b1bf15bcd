#include "core/graph/operations/elementwise.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

BroadcastShape broadcast(std::string_view operation, const Shape& a,
                         const Shape& b) {
  const auto refuse = [&] {
    fail(operation, ": ", b, " does not repeat over ", a,
         "; it may be 1 on one run of neighbouring axes");
  };
  if (b.rank() > a.rank()) refuse();
  const std::size_t missing = a.rank() - b.rank();
  std::size_t first = a.rank();
  std::size_t last = 0;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    const std::int64_t extent = axis < missing ? 1 : b[axis - missing];
    if (extent == a[axis]) continue;
    if (extent != 1) refuse();
    first = std::min(first, axis);
    last = axis;
  }
  BroadcastShape result;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    if (axis < first) {
      result.outer *= a[axis];
    } else if (axis > last) {
      result.inner *= a[axis];
    } else {
      if (axis >= missing && b[axis - missing] != 1) refuse();
      result.repeated *= a[axis];
    }
  }
  return result;
}

Specs Add::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_floating(kName, inputs[0]);
  require_spec(kName, "the second input", inputs[1], inputs[0]);
  return {inputs[0]};
}

void Add::gradient(GradientBuilder& builder) const {
  if (builder.wants(0)) builder.flow(0, builder.output_gradient());
  if (builder.wants(1)) builder.flow(1, builder.output_gradient());
}

Cost Add::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

Specs Multiply::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 3);
  require_floating(kName, inputs[0]);
  require_spec(kName, "the second input", inputs[1],
               {inputs[1].shape, inputs[0].dtype});
  (void)broadcast(kName, inputs[0].shape, inputs[1].shape);
  if (inputs.size() == 3) {
    require_spec(kName, "the third input", inputs[2], inputs[1]);
  }
  return {inputs[0]};
}

void Multiply::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  const Shape b = builder.input_shape(1);
  const bool repeats = b != builder.input_shape(0);
  if (builder.wants(0)) {
    builder.flow(0, builder.apply(Multiply{}, {dy, builder.input(1)}));
  }
  if (builder.wants(1)) {
    const std::vector<ValueId> factors{dy, builder.input(0)};
    builder.flow(1, repeats ? builder.apply(ReduceSum{.target = b}, factors)
                            : builder.apply(Multiply{}, factors));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(2, repeats ? builder.apply(ReduceSum{.target = b}, {dy}) : dy);
  }
}

Cost Multiply::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, inputs.size() == 3 ? 2 : 1);
}

Specs ReduceSum::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 2);
  require_floating(kName, inputs[0]);
  if (inputs.size() == 2) {
    require_spec(kName, "the second input", inputs[1], inputs[0]);
  }
  (void)broadcast(kName, inputs[0].shape, target);
  return {{target, inputs[0].dtype}};
}

void ReduceSum::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  if (builder.input_count() == 2) {
    for (const std::size_t i : {0, 1}) {
      if (!builder.wants(i)) continue;
      builder.flow(i, builder.apply(Multiply{}, {builder.input(1 - i), dy}));
    }
    return;
  }
  const ValueId ones = builder.apply(
      Constant{.spec = builder.graph().value(builder.input(0)).spec,
               .value = 1},
      {});
  builder.flow(0, builder.apply(Multiply{}, {ones, dy}));
}

Cost ReduceSum::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(inputs.size()) *
               static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs Affine::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_floating(kName, inputs[0]);
  return {inputs[0]};
}

void Affine::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  builder.flow(0,
               scale == 1 ? dy : builder.apply(Affine{.scale = scale}, {dy}));
}

Cost Affine::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 2);
}

Specs Constant::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 0, 0);
  return {spec};
}

Cost Constant::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

Specs Increment::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_spec(kName, "the counter", inputs[0], {{1}, DType::int64});
  return {};
}

Cost Increment::cost(SpecSpan inputs, SpecSpan) const {
  return {.flops = 1, .bytes = 2 * static_cast<double>(inputs[0].bytes())};
}

}  // namespace lathe::graph
