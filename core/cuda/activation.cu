#include "core/cuda/activation_kind.h"
#include "core/cuda/element_type.h"
#include "core/cuda/rows.h"
#include "core/cuda/vector.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

using graph::ActivationKind;

template <class T, ActivationKind kKind>
struct Forward {
  static constexpr int kWidth = kWidest<T>;
  const T* x;
  T* y;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(x + i);
    for (int k = 0; k < kCount; ++k) {
      values[k] = reference::activate(kKind, values[k]);
    }
    store(values, y + i);
  }
};

template <class T, ActivationKind kKind>
struct Backward {
  static constexpr int kWidth = kWidest<T>;
  const T* dy;
  const T* known;
  T* dx;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(dy + i);
    const auto seen = load<kCount>(known + i);
    for (int k = 0; k < kCount; ++k) {
      values[k] *= reference::slope(kKind, seen[k]);
    }
    store(values, dx + i);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    softmax(Rows rows, const T* x, T* y) {
  for_rows(rows, [&](const Row& row) {
    const T* from = x + row.start;
    const T largest = row.reduce(static_cast<T>(-INFINITY), Larger{},
                                 [&](std::int64_t c) { return from[c]; });
    const T sum = row.reduce(T{0}, Plus{}, [&](std::int64_t c) {
      return std::exp(from[c] - largest);
    });
    for (std::int64_t c = row.lane; c < row.end; c += row.width) {
      y[row.start + c] = std::exp(from[c] - largest) / sum;
    }
  });
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    softmax_gradient(Rows rows, const T* dy, const T* y, T* dx) {
  for_rows(rows, [&](const Row& row) {
    const T* slope = dy + row.start;
    const T* known = y + row.start;
    const T sum = row.reduce(
        T{0}, Plus{}, [&](std::int64_t c) { return slope[c] * known[c]; });
    for (std::int64_t c = row.lane; c < row.end; c += row.width) {
      dx[row.start + c] = known[c] * (slope[c] - sum);
    }
  });
}

}  // namespace

Kernel make(const graph::Activation& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const std::int64_t count = x.shape.elements();
  return with_element_type(operation.kName, x, [&](auto type) {
    using T = decltype(type);
    return with_kind<T>(operation.kind, [count](auto kind) -> Kernel {
      return {.run = [count](const KernelArguments& call) {
        for_vectors(call, count,
                    Forward<T, decltype(kind)::value>{.x = call.input<T>(0),
                                                      .y = call.output<T>(0)});
      }};
    });
  });
}

Kernel make(const graph::ActivationGradient& operation,
            const Signature& signature) {
  const TensorSpec& dy = signature.inputs[0];
  const std::int64_t count = dy.shape.elements();
  return with_element_type(operation.kName, dy, [&](auto type) {
    using T = decltype(type);
    return with_kind<T>(operation.kind, [count](auto kind) -> Kernel {
      return {.run = [count](const KernelArguments& call) {
        for_vectors(
            call, count,
            Backward<T, decltype(kind)::value>{.dy = call.input<T>(0),
                                               .known = call.input<T>(1),
                                               .dx = call.output<T>(0)});
      }};
    });
  });
}

Kernel make(const graph::Softmax& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return {.run = [rows](const KernelArguments& call) {
    launch(call, grid_over(rows.lanes()), softmax<float>, rows,
           call.input<float>(0), call.output<float>(0));
  }};
}

Kernel make(const graph::SoftmaxGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return {.run = [rows](const KernelArguments& call) {
    launch(call, grid_over(rows.lanes()), softmax_gradient<float>, rows,
           call.input<float>(0), call.input<float>(1), call.output<float>(0));
  }};
}

}  // namespace lathe::cuda
