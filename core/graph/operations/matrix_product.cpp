#include "core/graph/operations/matrix_product.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

Specs MatrixProduct::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 3);
  require_rank(kName, inputs[0], 2);
  require_rank(kName, inputs[1], 2);
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  const std::int64_t rows = a[transpose_a ? 1 : 0];
  const std::int64_t columns = b[transpose_b ? 0 : 1];
  if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0]) {
    fail(kName, ": ", a, transpose_a ? " transposed" : "", " times ", b,
         transpose_b ? " transposed" : "", ": the inner extents differ");
  }
  if (inputs.size() == 3 && inputs[2].shape != Shape{columns}) {
    fail(kName, ": a bias of ", inputs[2].shape, "; right would be ",
         Shape{columns});
  }
  return {{{rows, columns}, inputs[0].dtype}};
}

void MatrixProduct::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  const ValueId a = builder.input(0);
  const ValueId b = builder.input(1);
  if (builder.wants(0)) {
    builder.flow(0,
                 transpose_a
                     ? builder.apply(MatrixProduct{.transpose_a = transpose_b,
                                                   .transpose_b = true},
                                     {b, dy})
                     : builder.apply(MatrixProduct{.transpose_b = !transpose_b},
                                     {dy, b}));
  }
  if (builder.wants(1)) {
    builder.flow(1,
                 transpose_b
                     ? builder.apply(MatrixProduct{.transpose_a = true,
                                                   .transpose_b = transpose_a},
                                     {dy, a})
                     : builder.apply(MatrixProduct{.transpose_a = !transpose_a},
                                     {a, dy}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(
        2, builder.apply(ReduceSum{.target = builder.input_shape(2)}, {dy}));
  }
}

Cost MatrixProduct::cost(SpecSpan inputs, SpecSpan outputs) const {
  const double inner =
      static_cast<double>(inputs[0].shape[transpose_a ? 0 : 1]);
  return streaming_cost(inputs, outputs, 2 * inner);
}

}  // namespace lathe::graph
