#include "tests/core/kernel_check.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/graph/bfloat16.h"
#include "tests/support/compare.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {
namespace {

// What is added to a tolerance for results made from bfloat16. A result is
// rounded to it by up to 2^-8 of itself, so two values that are to be the same
// may be a unit of their last place apart, 2^-7 at most.
constexpr double kBfloat16Tolerance = 0x1p-7;

}  // namespace

std::optional<RoundedValues> in_bfloat16(const graph::Operation& operation,
                                         const std::vector<Tensor>& inputs) {
  RoundedValues rounded{.signature = signature_of(operation, inputs),
                        .inputs = inputs};
  auto& in = rounded.signature.inputs;
  auto& out = rounded.signature.outputs;
  const auto values = graph::bfloat16_values(operation, in);
  if (!values) return {};
  in = graph::in_bfloat16(in, values->inputs);
  out = graph::in_bfloat16(out, values->outputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!values->inputs[i]) continue;
    const auto from = inputs[i].values<float>();
    rounded.inputs[i] = Tensor(in[i].shape, DType::bfloat16);
    const auto to = rounded.inputs[i].values<BFloat16>();
    for (std::size_t j = 0; j < to.size(); ++j) to[j] = BFloat16(from[j]);
  }
  return rounded;
}

void check_kernel(const graph::Operation& operation,
                  const std::vector<Tensor>& inputs, double tolerance) {
  std::string shapes;
  for (const Tensor& input : inputs) shapes += to_string(input.shape()) + " ";
  SCOPED_TRACE(concat(graph::name_of(operation), " of ", shapes));
  check_signature(operation, signature_of(operation, inputs), inputs,
                  tolerance);
  if (const auto rounded = in_bfloat16(operation, inputs)) {
    SCOPED_TRACE("in bfloat16");
    check_signature(operation, rounded->signature, rounded->inputs,
                    tolerance + kBfloat16Tolerance);
  }
}

void expect_like(const std::vector<Tensor>& actual,
                 const std::vector<Tensor>& expected, double tolerance) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE(concat("result ", i));
    const bool floating = expected[i].dtype() == DType::float32 ||
                          expected[i].dtype() == DType::bfloat16;
    const double allowed = floating ? tolerance : 0;
    expect_close(actual[i], expected[i], allowed,
                 allowed * largest(expected[i]));
  }
}

void expect_identical_all(const std::vector<Tensor>& actual,
                          const std::vector<Tensor>& expected,
                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(concat("result ", i));
    expect_identical(actual[i], expected[i]);
  }
}

}  // namespace lathe::testing
