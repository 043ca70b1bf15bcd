#include "core/cuda/divisor.h"
#include "core/cuda/vector.h"
#include "core/cuda/warp.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

using graph::ActivationKind;

template <class T, ActivationKind kKind>
struct Forward {
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

// Calls make_kernel with the kind as a type's value.
template <class Make>
Kernel with_kind(ActivationKind kind, Make make_kernel) {
  using enum ActivationKind;
  switch (kind) {
    case linear:
      return make_kernel(std::integral_constant<ActivationKind, linear>{});
    case relu:
      return make_kernel(std::integral_constant<ActivationKind, relu>{});
    case sigmoid:
      return make_kernel(std::integral_constant<ActivationKind, sigmoid>{});
    case swish:
      return make_kernel(std::integral_constant<ActivationKind, swish>{});
    case tanh:
      return make_kernel(std::integral_constant<ActivationKind, tanh>{});
  }
  fail("activation: unknown kind");
}

// Rows of `classes`, each in the hands of `width` neighbouring lanes.
struct Rows {
  std::int64_t rows = 0;
  std::int64_t classes = 1;
  int width = 32;

  explicit Rows(const Shape& shape)
      : rows(shape.elements() / shape.back()), classes(shape.back()) {
    while (width > 1 && width / 2 >= classes) width /= 2;
  }

  Grid grid() const { return grid_over(rows * width); }
};

// Calls body(row, lane of the row) until all rows are done. Lanes without a row
// go along with row -1, for the shuffles.
template <class Body>
__device__ void for_rows(const Rows& shape, Body body) {
  const std::int64_t lane = thread_index() % shape.width;
  const std::int64_t first = thread_index() / shape.width;
  const std::int64_t step = thread_total() / shape.width;
  // The first row of the warp decides how often it turns.
  const std::int64_t warp = thread_index() / 32 * (32 / shape.width);
  for (std::int64_t turn = 0; warp + turn < shape.rows; turn += step) {
    const std::int64_t row = first + turn;
    body(row < shape.rows ? row : -1, lane);
  }
}

template <class T>
struct SoftmaxRow {
  Rows shape;
  const T* x;
  T* y;

  __device__ void operator()(std::int64_t row, std::int64_t lane) const {
    const std::int64_t start = row < 0 ? 0 : row * shape.classes;
    const std::int64_t end = row < 0 ? 0 : shape.classes;
    T largest = -INFINITY;
    for (std::int64_t c = lane; c < end; c += shape.width) {
      largest = Larger{}(largest, x[start + c]);
    }
    largest = warp_reduce(largest, Larger{}, shape.width);
    T sum = 0;
    for (std::int64_t c = lane; c < end; c += shape.width) {
      sum += std::exp(x[start + c] - largest);
    }
    sum = warp_reduce(sum, Plus{}, shape.width);
    for (std::int64_t c = lane; c < end; c += shape.width) {
      y[start + c] = std::exp(x[start + c] - largest) / sum;
    }
  }
};

template <class T>
struct SoftmaxGradientRow {
  Rows shape;
  const T* dy;
  const T* y;
  T* dx;

  __device__ void operator()(std::int64_t row, std::int64_t lane) const {
    const std::int64_t start = row < 0 ? 0 : row * shape.classes;
    const std::int64_t end = row < 0 ? 0 : shape.classes;
    T sum = 0;
    for (std::int64_t c = lane; c < end; c += shape.width) {
      sum += dy[start + c] * y[start + c];
    }
    sum = warp_reduce(sum, Plus{}, shape.width);
    for (std::int64_t c = lane; c < end; c += shape.width) {
      dx[start + c] = y[start + c] * (dy[start + c] - sum);
    }
  }
};

template <class Body>
__global__ void __launch_bounds__(kThreads)
    for_rows_kernel(Rows shape, Body body) {
  for_rows(shape, body);
}

}  // namespace

Kernel make(const graph::Activation& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t count = signature.inputs[0].shape.elements();
  return with_kind(operation.kind, [count](auto kind) -> Kernel {
    return {.run = [count](const KernelArguments& call) {
      for_vectors(call, count,
                  Forward<float, decltype(kind)::value>{
                      .x = call.input<float>(0), .y = call.output<float>(0)});
    }};
  });
}

Kernel make(const graph::ActivationGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t count = signature.inputs[0].shape.elements();
  return with_kind(operation.kind, [count](auto kind) -> Kernel {
    return {.run = [count](const KernelArguments& call) {
      for_vectors(
          call, count,
          Backward<float, decltype(kind)::value>{.dy = call.input<float>(0),
                                                 .known = call.input<float>(1),
                                                 .dx = call.output<float>(0)});
    }};
  });
}

Kernel make(const graph::Softmax& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return {.run = [rows](const KernelArguments& call) {
    launch(call, rows.grid(), for_rows_kernel<SoftmaxRow<float>>, rows,
           SoftmaxRow<float>{.shape = rows,
                             .x = call.input<float>(0),
                             .y = call.output<float>(0)});
  }};
}

Kernel make(const graph::SoftmaxGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return {.run = [rows](const KernelArguments& call) {
    launch(call, rows.grid(), for_rows_kernel<SoftmaxGradientRow<float>>, rows,
           SoftmaxGradientRow<float>{.shape = rows,
                                     .dy = call.input<float>(0),
                                     .y = call.input<float>(1),
                                     .dx = call.output<float>(0)});
  }};
}

}  // namespace lathe::cuda
