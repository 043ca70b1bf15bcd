#include "core/cuda/element_type.h"
#include "core/cuda/vector.h"
#include "core/graph/operations/elementwise.h"

namespace lathe::cuda {
namespace {

template <class T>
struct Sum {
  static constexpr int kWidth = kWidest<T>;
  const T* a;
  const T* b;
  T* y;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(a + i);
    const auto added = load<kCount>(b + i);
    for (int k = 0; k < kCount; ++k) values[k] += added[k];
    store(values, y + i);
  }
};

template <class T>
struct ScaleAndShift {
  static constexpr int kWidth = kWidest<T>;
  const T* x;
  T* y;
  float scale;
  float offset;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(x + i);
    for (int k = 0; k < kCount; ++k) values[k] = scale * values[k] + offset;
    store(values, y + i);
  }
};

template <class T>
struct Fill {
  T* y;
  T value;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    Vector<T, kCount> values;
    for (int k = 0; k < kCount; ++k) values[k] = value;
    store(values, y + i);
  }
};

// How the elements of b that a vector of a meets lie: one after another from
// the start, in rows that repeat, each for a whole vector, or anyhow.
enum class Layout { same, rows, runs, any };

// a b, or a b + c. What repeats is small, and float.
template <class T, Layout kLayout, bool kAdds>
struct Product {
  using Factor = std::conditional_t<kLayout == Layout::same, T, float>;
  const T* a;
  const Factor* b;
  const Factor* c;
  T* y;
  Divisor repeated;
  Divisor inner;

  __device__ std::uint32_t place(std::uint32_t i) const {
    const std::uint32_t row = inner.quotient(i);
    return repeated.quotient(row) * inner.value() + i - row * inner.value();
  }

  template <int kCount>
  __device__ Vector<float, kCount> repeat(const Factor* from,
                                          std::int64_t i) const {
    const auto at = static_cast<std::uint32_t>(i);
    if constexpr (kLayout == Layout::same) {
      return load<kCount>(from + i);
    } else if constexpr (kLayout == Layout::rows) {
      return load<kCount>(from + place(at));
    } else {
      Vector<float, kCount> values;
      for (int k = 0; k < kCount; ++k) {
        values[k] = kLayout == Layout::runs
                        ? from[repeated.quotient(at)]
                        : from[place(at + static_cast<std::uint32_t>(k))];
      }
      return values;
    }
  }

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(a + i);
    const auto factors = repeat<kCount>(b, i);
    if constexpr (kAdds) {
      const auto added = repeat<kCount>(c, i);
      for (int k = 0; k < kCount; ++k) {
        values[k] = values[k] * factors[k] + added[k];
      }
    } else {
      for (int k = 0; k < kCount; ++k) values[k] *= factors[k];
    }
    store(values, y + i);
  }
};

template <class T, Layout kLayout, bool kAdds>
Kernel multiply(std::int64_t count, const graph::BroadcastShape& shape) {
  const Divisor repeated(shape.repeated);
  const Divisor inner(shape.inner);
  using Work = Product<T, kLayout, kAdds>;
  using Factor = typename Work::Factor;
  return {.run = [=](const KernelArguments& call) {
    for_vectors(call, count,
                Work{.a = call.input<T>(0),
                     .b = call.input<Factor>(1),
                     .c = kAdds ? call.input<Factor>(2) : nullptr,
                     .y = call.output<T>(0),
                     .repeated = repeated,
                     .inner = inner});
  }};
}

template <class T, bool kAdds>
Kernel multiply(std::int64_t count, const graph::BroadcastShape& shape) {
  if (shape.repeated == 1) {
    return multiply<T, Layout::same, kAdds>(count, shape);
  }
  if (shape.inner % kVector == 0) {
    return multiply<T, Layout::rows, kAdds>(count, shape);
  }
  if (shape.inner == 1 && shape.repeated % kVector == 0) {
    return multiply<T, Layout::runs, kAdds>(count, shape);
  }
  return multiply<T, Layout::any, kAdds>(count, shape);
}

template <class T>
Kernel constant(std::int64_t count, double value) {
  return {.run = [count,
                  value = static_cast<T>(value)](const KernelArguments& call) {
    for_vectors(call, count, Fill<T>{.y = call.output<T>(0), .value = value});
  }};
}

__global__ void increment(std::int64_t* counter) {
  ++*counter;
}

}  // namespace

Kernel make(const graph::Add& operation, const Signature& signature) {
  const TensorSpec& a = signature.inputs[0];
  const std::int64_t count = a.shape.elements();
  return with_element_type(operation.kName, a, [count](auto type) -> Kernel {
    using T = decltype(type);
    return {.run = [count](const KernelArguments& call) {
      for_vectors(call, count,
                  Sum<T>{.a = call.input<T>(0),
                         .b = call.input<T>(1),
                         .y = call.output<T>(0)});
    }};
  });
}

Kernel make(const graph::Affine& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const std::int64_t count = x.shape.elements();
  const auto scale = static_cast<float>(operation.scale);
  const auto offset = static_cast<float>(operation.offset);
  return with_element_type(operation.kName, x, [=](auto type) -> Kernel {
    using T = decltype(type);
    return {.run = [=](const KernelArguments& call) {
      for_vectors(call, count,
                  ScaleAndShift<T>{.x = call.input<T>(0),
                                   .y = call.output<T>(0),
                                   .scale = scale,
                                   .offset = offset});
    }};
  });
}

Kernel make(const graph::Multiply& operation, const Signature& signature) {
  const TensorSpec& a = signature.inputs[0];
  require_index(operation.kName, a);
  const auto shape =
      graph::broadcast(operation.kName, a.shape, signature.inputs[1].shape);
  const std::int64_t count = a.shape.elements();
  const bool adds = signature.inputs.size() == 3;
  return with_element_type(operation.kName, a, [&](auto type) {
    using T = decltype(type);
    return adds ? multiply<T, true>(count, shape)
                : multiply<T, false>(count, shape);
  });
}

Kernel make(const graph::Constant& operation, const Signature& signature) {
  const TensorSpec& y = signature.outputs[0];
  const std::int64_t count = y.shape.elements();
  switch (y.dtype) {
    case DType::uint8:
      return constant<std::uint8_t>(count, operation.value);
    case DType::int32:
      return constant<std::int32_t>(count, operation.value);
    case DType::int64:
      return constant<std::int64_t>(count, operation.value);
    case DType::float32:
    case DType::float64:
    case DType::bfloat16:
      break;
  }
  require_float32(operation.kName, y);
  return constant<float>(count, operation.value);
}

Kernel make(const graph::Increment&, const Signature&) {
  return {.run = [](const KernelArguments& call) {
    launch(call, {.blocks = 1, .threads = 1}, increment,
           call.written<std::int64_t>(0));
  }};
}

}  // namespace lathe::cuda
