#include "tests/core/kernel_check.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/graph/bfloat16.h"
#include "tests/support/compare.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {

std::optional<RoundedValues> in_bfloat16(const graph::Operation& operation,
                                         const std::vector<Tensor>& inputs) {
  RoundedValues rounded{.signature = signature_of(operation, inputs),
                        .inputs = inputs};
  auto& [in, out, precision] = rounded.signature;
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
