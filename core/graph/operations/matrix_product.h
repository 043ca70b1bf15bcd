#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// y = op(a) op(b) + bias, op transposing where asked. Inputs: a (M, K), b
/// (K, N) and optionally bias (N); a is (K, M) and b (N, K) where transposed.
/// Output (M, N).
struct MatrixProduct {
  static constexpr std::string_view kName = "matrix_product";
  bool transpose_a = false;
  bool transpose_b = false;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
