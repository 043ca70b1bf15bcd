#include <Eigen/Core>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class T>
using Matrix =
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;

// A matrix in memory of that shape, seen transposed where asked.
template <class T>
Eigen::Map<const Matrix<T>, 0, Strides> view(const T* data, const Shape& shape,
                                             bool transpose) {
  if (transpose) return {data, shape[1], shape[0], Strides(1, shape[1])};
  return {data, shape[0], shape[1], Strides(shape[1], 1)};
}

}  // namespace

Kernel make(const graph::MatrixProduct& operation, const Signature& signature) {
  const Shape a_shape = signature.inputs[0].shape;
  const Shape b_shape = signature.inputs[1].shape;
  const Shape y_shape = signature.outputs[0].shape;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const auto a =
              view(memory.input<T>(0), a_shape, operation.transpose_a);
          const auto b =
              view(memory.input<T>(1), b_shape, operation.transpose_b);
          Eigen::Map<Matrix<T>> y(memory.output<T>(0), y_shape[0], y_shape[1]);
          y.noalias() = a * b;
          if (memory.inputs.size() == 3) {
            y.rowwise() +=
                Eigen::Map<const Eigen::Matrix<T, 1, Eigen::Dynamic>>(
                    memory.input<T>(2), y_shape[1]);
          }
        }};
      });
}

}  // namespace lathe::reference
