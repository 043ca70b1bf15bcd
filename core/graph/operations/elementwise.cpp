#include "core/graph/operations/elementwise.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

BroadcastShape broadcast(std::string_view operation, const Shape& a,
                         const Shape& b) {
  const auto refuse = [&] {
    fail(operation, ": ", b, " does not repeat over ", a,
         " along one run of neighbouring axes");
  };
  if (b.rank() > a.rank()) refuse();
  const std::size_t missing = a.rank() - b.rank();
  const auto extent = [&](std::size_t axis) {
    return axis < missing ? std::int64_t{1} : b[axis - missing];
  };
  std::size_t first = 0;
  while (first < a.rank() && extent(first) == a[first]) ++first;
  std::size_t last = a.rank();
  while (last > first && extent(last - 1) == a[last - 1]) --last;
  BroadcastShape shape;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    if (axis < first) {
      shape.outer *= a[axis];
    } else if (axis >= last) {
      shape.inner *= a[axis];
    } else {
      if (extent(axis) != 1) refuse();
      shape.repeated *= a[axis];
    }
  }
  return shape;
}

Specs Add::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (inputs[0] != inputs[1]) {
    fail(kName, ": ", inputs[0], " and ", inputs[1], "; both must be the same");
  }
  return {inputs[0]};
}

void Add::gradient(GradientBuilder& builder) const {
  for (std::size_t i = 0; i < 2; ++i) {
    if (builder.wants(i)) builder.flow(i, builder.output_gradient());
  }
}

Cost Add::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

Specs Multiply::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (inputs[0].dtype != inputs[1].dtype) {
    fail(kName, ": ", inputs[0], " and ", inputs[1],
         "; both must have one type");
  }
  broadcast(kName, inputs[0].shape, inputs[1].shape);
  return {inputs[0]};
}

void Multiply::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  if (builder.wants(0)) {
    builder.flow(0, builder.apply(Multiply{}, {dy, builder.input(1)}));
  }
  if (builder.wants(1)) {
    const ValueId product = builder.apply(Multiply{}, {dy, builder.input(0)});
    const bool same = builder.input_shape(0) == builder.input_shape(1);
    builder.flow(
        1, same ? product
                : builder.apply(ReduceSum{.target = builder.input_shape(1)},
                                {product}));
  }
}

Cost Multiply::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

Specs ReduceSum::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  broadcast(kName, inputs[0].shape, target);
  return {{target, inputs[0].dtype}};
}

Cost ReduceSum::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs Affine::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  return {inputs[0]};
}

void Affine::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(Affine{.scale = scale}, {builder.output_gradient()}));
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
  if (inputs[0] != TensorSpec{{1}, DType::int64}) {
    fail(kName, ": the counter is ", inputs[0], "; right would be int64 (1)");
  }
  return {};
}

Cost Increment::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

}  // namespace lathe::graph
