#include "core/graph/operations/arrangement.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

Shape zeros(std::size_t rank) {
  return Shape(std::vector<std::int64_t>(rank, 0));
}

}  // namespace

Specs Concatenate::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1024);
  TensorSpec result = inputs[0];
  if (axis >= result.shape.rank()) {
    fail(kName, ": axis ", axis, " of tensors like ", inputs[0]);
  }
  for (const TensorSpec& input : inputs.subspan(1)) {
    TensorSpec expected = input;
    if (input.shape.rank() == result.shape.rank()) {
      expected.shape[axis] = inputs[0].shape[axis];
    }
    if (expected != inputs[0]) {
      fail(kName, ": ", inputs[0], " and ", input, " differ beside axis ",
           axis);
    }
    result.shape[axis] += input.shape[axis];
  }
  return {result};
}

void Concatenate::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  std::int64_t start = 0;
  for (std::size_t i = 0; i < builder.input_count(); ++i) {
    const Shape extents = builder.input_shape(i);
    Shape begin = zeros(extents.rank());
    begin[axis] = start;
    start += extents[axis];
    if (builder.wants(i)) {
      builder.flow(
          i, builder.apply(Slice{.begin = begin, .extents = extents}, {dy}));
    }
  }
}

Cost Concatenate::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

Specs Slice::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  const Shape& x = inputs[0].shape;
  bool inside = begin.rank() == x.rank() && extents.rank() == x.rank();
  for (std::size_t i = 0; inside && i < x.rank(); ++i) {
    inside = begin[i] >= 0 && extents[i] >= 0 && begin[i] + extents[i] <= x[i];
  }
  if (!inside) {
    fail(kName, ": the box of ", extents, " at ", begin, " is not within ", x);
  }
  return {{extents, inputs[0].dtype}};
}

void Slice::gradient(GradientBuilder& builder) const {
  const Shape x = builder.input_shape(0);
  Shape after = zeros(x.rank());
  for (std::size_t i = 0; i < x.rank(); ++i) {
    after[i] = x[i] - begin[i] - extents[i];
  }
  builder.flow(0, builder.apply(Pad{.before = begin, .after = after},
                                {builder.output_gradient()}));
}

Cost Slice::cost(SpecSpan, SpecSpan outputs) const {
  return streaming_cost(outputs, outputs, 0);
}

Specs Pad::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  TensorSpec result = inputs[0];
  const std::size_t rank = result.shape.rank();
  if (before.rank() != rank || after.rank() != rank) {
    fail(kName, ": ", before, " and ", after, " for ", inputs[0],
         "; both need an entry an axis");
  }
  for (std::size_t i = 0; i < rank; ++i) {
    if (before[i] < 0 || after[i] < 0) {
      fail(kName, ": ", before, " and ", after, " must not be negative");
    }
    result.shape[i] += before[i] + after[i];
  }
  return {result};
}

void Pad::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(
                      Slice{.begin = before, .extents = builder.input_shape(0)},
                      {builder.output_gradient()}));
}

Cost Pad::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

Specs Reshape::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  if (shape.elements() != inputs[0].shape.elements()) {
    fail(kName, ": ", inputs[0], " has ", inputs[0].shape.elements(),
         " elements and ", shape, " has ", shape.elements());
  }
  return {{shape, inputs[0].dtype}};
}

void Reshape::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(Reshape{.shape = builder.input_shape(0)},
                                {builder.output_gradient()}));
}

Cost Reshape::cost(SpecSpan, SpecSpan) const {
  return {};
}

}  // namespace lathe::graph
