#pragma once

#include <string_view>

#include "core/cuda/divisor.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Calls make_kernel(T{}) with T what the elements of `spec` are stored in,
/// float or BFloat16; kernels compute in float. Throws Error naming `operation`
/// for other types.
template <class Make>
Kernel with_element_type(std::string_view operation, const TensorSpec& spec,
                         Make make_kernel) {
  if (spec.dtype == DType::bfloat16) return make_kernel(BFloat16(0.0F));
  require_float32(operation, spec);
  return make_kernel(0.0F);
}

/// What an operation multiplies its factors with, one of which is `factor`.
inline Precision precision_of(const TensorSpec& factor,
                              const Signature& signature) {
  if (factor.dtype == DType::bfloat16) return Precision::bf16;
  return signature.precision == Precision::tf32 ? Precision::tf32
                                                : Precision::fp32;
}

}  // namespace lathe::cuda
