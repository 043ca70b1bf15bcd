#include "core/graph/operations/matrix_product.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

Specs MatrixProduct::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 3);
  const TensorSpec& a = inputs[0];
  const TensorSpec& b = inputs[1];
  require_floating(kName, a);
  require_rank(kName, a, 2);
  require_rank(kName, b, 2);
  const std::int64_t rows = a.shape[transpose_a ? 1 : 0];
  const std::int64_t columns = b.shape[transpose_b ? 0 : 1];
  if (a.dtype != b.dtype ||
      a.shape[transpose_a ? 0 : 1] != b.shape[transpose_b ? 1 : 0]) {
    fail(kName, ": ", a, transpose_a ? " transposed" : "", " times ", b,
         transpose_b ? " transposed" : "",
         "; the columns of the first must be as many as the rows of the "
         "second, in one type");
  }
  if (inputs.size() == 3) {
    require_spec(kName, "the bias", inputs[2], {{columns}, a.dtype});
  }
  return {{{rows, columns}, a.dtype}};
}

void MatrixProduct::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  const ValueId a = builder.input(0);
  const ValueId b = builder.input(1);
  if (builder.wants(0)) {
    // d op(a) = dy op(b)^T, transposed where a is.
    builder.flow(
        0, transpose_a
               ? builder.apply(MatrixProduct{transpose_b, true}, {b, dy})
               : builder.apply(MatrixProduct{false, !transpose_b}, {dy, b}));
  }
  if (builder.wants(1)) {
    // d op(b) = op(a)^T dy, transposed where b is.
    builder.flow(
        1, transpose_b
               ? builder.apply(MatrixProduct{true, transpose_a}, {dy, a})
               : builder.apply(MatrixProduct{!transpose_a, false}, {a, dy}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(
        2, builder.apply(ReduceSum{.target = builder.input_shape(2)}, {dy}));
  }
}

Cost MatrixProduct::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(
      inputs, outputs,
      2 * static_cast<double>(inputs[0].shape[transpose_a ? 0 : 1]));
}

}  // namespace lathe::graph
