#include "core/cuda/matrix_product.h"

#include "core/cuda/element_type.h"
#include "core/cuda/kernels.h"

namespace lathe::cuda {

Kernel make(const graph::MatrixProduct& operation, const Signature& signature) {
  const TensorSpec& a = signature.inputs[0];
  const TensorSpec& y = signature.outputs[0];
  if (a.dtype != DType::bfloat16) require_float32(operation.kName, a);
  return library_product({.rows = y.shape[0],
                          .inner = a.shape[operation.transpose_a ? 0 : 1],
                          .columns = y.shape[1],
                          .transpose_a = operation.transpose_a,
                          .transpose_b = operation.transpose_b,
                          .bias = signature.inputs.size() == 3,
                          .precision = precision_of(a, signature)});
}

}  // namespace lathe::cuda
