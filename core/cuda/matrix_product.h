#pragma once

#include "core/kernel.h"
#include "core/precision.h"

namespace lathe::cuda {

/// y = f(op(a) op(b) + bias + r), row after row as graph::MatrixProduct's; f is
/// relu or nothing.
struct ProductProblem {
  std::int64_t rows = 1;
  std::int64_t inner = 1;
  std::int64_t columns = 1;
  bool transpose_a = false;
  bool transpose_b = false;
  bool bias = false;
  bool residual = false;
  bool relu = false;
  /// What a and b are multiplied with: bfloat16 in bf16, float32 otherwise.
  Precision precision = Precision::fp32;
  /// What bias, r and y are: float32, or bfloat16 in bf16.
  DType result = DType::float32;
};

/// The kernel of cuBLASLt. Inputs: a, b, and where they are there the bias and
/// r, whose memory y may take over. A shape is always computed by the same
/// algorithm, the heuristics' first choice. Throws Error without cuBLASLt or a
/// GPU.
Kernel library_product(const ProductProblem& problem);

/// That of the library. Throws Error where it can't be used.
std::string cublaslt_version();

}  // namespace lathe::cuda
