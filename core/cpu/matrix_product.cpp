#include "core/cpu/kernels.h"
#include "core/cpu/onednn.h"
#include "core/cpu/requirements.h"

namespace lathe::cpu {
namespace {

// op(matrix) as oneDNN sees it: a transposed matrix is one of other strides.
dnnl::memory::desc description(const TensorSpec& matrix, bool transposed) {
  const auto& [shape, dtype] = matrix;
  const auto type = type_of(dtype);
  if (transposed) return {{shape[1], shape[0]}, type, {1, shape[1]}};
  return {{shape[0], shape[1]}, type, {shape[1], 1}};
}

}  // namespace

Kernel make(const graph::MatrixProduct& operation, const Signature& signature) {
  const bool has_bias = signature.inputs.size() == 3;
  require_element(operation.kName, signature.inputs[0]);
  const auto a = description(signature.inputs[0], operation.transpose_a);
  const auto b = description(signature.inputs[1], operation.transpose_b);
  const auto y = description(signature.outputs[0], false);
  dnnl::memory::desc bias;
  if (has_bias) {
    bias = description({{1, signature.outputs[0].shape[1]}, DType::float32},
                       false);
  }
  const dnnl::matmul::primitive_desc product(dnnl::matmul::desc(a, b, bias, y),
                                             OneDnnSequence::attributes(),
                                             OneDnnSequence::engine());
  OneDnnSequence sequence;
  OneDnnSequence::Arguments arguments{{DNNL_ARG_SRC, sequence.input(a, 0)},
                                      {DNNL_ARG_WEIGHTS, sequence.input(b, 1)},
                                      {DNNL_ARG_DST, sequence.output(y, 0)}};
  if (has_bias) {
    arguments.emplace_back(DNNL_ARG_BIAS, sequence.input(bias, 2));
  }
  sequence.add<dnnl::matmul>(product, std::move(arguments));
  return std::move(sequence).kernel(product.impl_info_str());
}

}  // namespace lathe::cpu
