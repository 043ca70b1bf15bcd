#include "core/graph/operations/arrangement.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

Shape zeros(std::size_t rank) {
  return Shape(std::vector<std::int64_t>(rank));
}

}  // namespace

Specs Concatenate::output_specs(SpecSpan inputs) const {
  if (inputs.empty()) fail(kName, ": was given nothing to join");
  TensorSpec output = inputs[0];
  if (axis >= output.shape.rank()) {
    fail(kName, ": joins axis ", axis, " and was given ", output.shape);
  }
  for (const TensorSpec& input : inputs.subspan(1)) {
    TensorSpec expected = inputs[0];
    if (input.shape.rank() == expected.shape.rank()) {
      expected.shape[axis] = input.shape[axis];
    }
    if (input != expected) {
      fail(kName, ": ", inputs[0], " and ", input,
           " can't be joined along axis ", axis,
           "; types and all other extents must agree");
    }
    output.shape[axis] += input.shape[axis];
  }
  return {output};
}

void Concatenate::gradient(GradientBuilder& builder) const {
  Shape begin = zeros(builder.input_shape(0).rank());
  for (std::size_t i = 0; i < builder.input_count(); ++i) {
    const Shape extents = builder.input_shape(i);
    if (builder.wants(i)) {
      builder.flow(i, builder.apply(Slice{.begin = begin, .extents = extents},
                                    {builder.output_gradient()}));
    }
    begin[axis] += extents[axis];
  }
}

Cost Concatenate::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

Specs Slice::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  const Shape& shape = inputs[0].shape;
  bool inside = begin.rank() == shape.rank() && extents.rank() == shape.rank();
  for (std::size_t axis = 0; inside && axis < shape.rank(); ++axis) {
    inside = begin[axis] >= 0 && extents[axis] >= 0 &&
             begin[axis] + extents[axis] <= shape[axis];
  }
  if (!inside) {
    fail(kName, ": the box of ", extents, " at ", begin, " is not inside ",
         shape);
  }
  return {{extents, inputs[0].dtype}};
}

void Slice::gradient(GradientBuilder& builder) const {
  Shape after = builder.input_shape(0);
  for (std::size_t axis = 0; axis < after.rank(); ++axis) {
    after[axis] -= begin[axis] + extents[axis];
  }
  builder.flow(0, builder.apply(Pad{.before = begin, .after = after},
                                {builder.output_gradient()}));
}

Cost Slice::cost(SpecSpan, SpecSpan outputs) const {
  return streaming_cost(outputs, outputs, 0);
}

Specs Pad::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  TensorSpec output = inputs[0];
  bool fits = before.rank() == output.shape.rank() &&
              after.rank() == output.shape.rank();
  for (std::size_t axis = 0; fits && axis < output.shape.rank(); ++axis) {
    fits = before[axis] >= 0 && after[axis] >= 0;
    output.shape[axis] += before[axis] + after[axis];
  }
  if (!fits) {
    fail(kName, ": ", before, " before and ", after, " after ", inputs[0].shape,
         "; each needs a count of at least 0 for every axis");
  }
  return {output};
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
    fail(kName, ": ", inputs[0].shape, " has ", inputs[0].shape.elements(),
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
