#include "core/reference/activation.h"

#include <algorithm>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class T>
Kernel softmax(const Signature& signature) {
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[0].shape.elements() / classes;
  return {.run = [=](const KernelArguments& memory) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const T* x = memory.input<T>(0) + row * classes;
      T* y = memory.output<T>(0) + row * classes;
      const T largest = *std::max_element(x, x + classes);
      T sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) {
        y[c] = std::exp(x[c] - largest);
        sum += y[c];
      }
      for (std::int64_t c = 0; c < classes; ++c) y[c] /= sum;
    }
  }};
}

template <class T>
Kernel softmax_gradient(const Signature& signature) {
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[0].shape.elements() / classes;
  return {.run = [=](const KernelArguments& memory) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const T* dy = memory.input<T>(0) + row * classes;
      const T* y = memory.input<T>(1) + row * classes;
      T* dx = memory.output<T>(0) + row * classes;
      T sum = 0;
      for (std::int64_t c = 0; c < classes; ++c) sum += dy[c] * y[c];
      for (std::int64_t c = 0; c < classes; ++c) dx[c] = y[c] * (dy[c] - sum);
    }
  }};
}

}  // namespace

Kernel make(const graph::Activation& operation, const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        const std::int64_t count = signature.inputs[0].shape.elements();
        return {.run = [kind = operation.kind,
                        count](const KernelArguments& memory) {
          const T* x = memory.input<T>(0);
          T* y = memory.output<T>(0);
          for (std::int64_t i = 0; i < count; ++i) y[i] = activate(kind, x[i]);
        }};
      });
}

Kernel make(const graph::ActivationGradient& operation,
            const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        const std::int64_t count = signature.inputs[0].shape.elements();
        return {.run = [kind = operation.kind,
                        count](const KernelArguments& memory) {
          const T* dy = memory.input<T>(0);
          const T* known = memory.input<T>(1);
          T* dx = memory.output<T>(0);
          for (std::int64_t i = 0; i < count; ++i) {
            dx[i] = dy[i] * slope(kind, known[i]);
          }
        }};
      });
}

Kernel make(const graph::Softmax& operation, const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return softmax<decltype(type)>(signature);
  });
}

Kernel make(const graph::SoftmaxGradient& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return softmax_gradient<decltype(type)>(signature);
  });
}

}  // namespace lathe::reference
