#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/elementwise.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class T>
Kernel add(std::int64_t count) {
  return {.run = [count](const KernelArguments& arguments) {
    const auto* a = arguments.input<T>(0);
    const auto* b = arguments.input<T>(1);
    auto* y = arguments.output<T>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(hn::Add(lanes.load(a + i), lanes.load(b + i)), y + i);
    });
  }};
}

Kernel make_add(const graph::Add& operation, const Signature& signature) {
  const TensorSpec& a = signature.inputs[0];
  return with_element(operation.kName, a, [&](auto element) {
    return add<decltype(element)>(a.shape.elements());
  });
}

template <class T>
Kernel affine(const graph::Affine& operation, std::int64_t count) {
  const auto scale = static_cast<float>(operation.scale);
  const auto offset = static_cast<float>(operation.offset);
  return {.run = [=](const KernelArguments& arguments) {
    const auto* x = arguments.input<T>(0);
    auto* y = arguments.output<T>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(hn::MulAdd(all(scale), lanes.load(x + i), all(offset)),
                  y + i);
    });
  }};
}

Kernel make_affine(const graph::Affine& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  return with_element(operation.kName, x, [&](auto element) {
    return affine<decltype(element)>(operation, x.shape.elements());
  });
}

// a b, or a b + c.
template <bool kAdds>
HWY_INLINE Vector product(Vector a, Vector b, Vector c) {
  if constexpr (kAdds) return hn::MulAdd(a, b, c);
  return hn::Mul(a, b);
}

template <bool kAdds, class T, class B>
void multiply_row(const T* a, const B* b, const B* c, std::int64_t count,
                  T* y) {
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    const Vector offset = kAdds ? lanes.load(c + i) : all(0);
    lanes.store(product<kAdds>(lanes.load(a + i), lanes.load(b + i), offset),
                y + i);
  });
}

template <bool kAdds, class T>
void scale_row(const T* a, float b, float c, std::int64_t count, T* y) {
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    lanes.store(product<kAdds>(lanes.load(a + i), all(b), all(c)), y + i);
  });
}

// B: the elements of what repeats, or of what is of a's shape.
template <bool kAdds, class T, class B>
Kernel multiply(const graph::BroadcastShape& shape) {
  // Each value of b meets a run of a where inner is 1, each row of b a row of
  // a otherwise.
  const bool runs = shape.inner == 1;
  const std::int64_t row = runs ? shape.repeated : shape.inner;
  const std::int64_t rows = shape.outer * (runs ? 1 : shape.repeated);
  constexpr std::int64_t kGrain = 16384;
  return {.run = [=](const KernelArguments& arguments) {
    const auto* a = arguments.input<T>(0);
    const auto* b = arguments.input<B>(1);
    const auto* c = kAdds ? arguments.input<B>(2) : b;
    auto* y = arguments.output<T>(0);
    if (shape.repeated == 1) {
      parallel_ranges(shape.outer * shape.inner, kGrain,
                      [=](std::int64_t first, std::int64_t last) {
                        multiply_row<kAdds>(a + first, b + first, c + first,
                                            last - first, y + first);
                      });
      return;
    }
    parallel_ranges(rows, (kGrain + row - 1) / row,
                    [=](std::int64_t first, std::int64_t last) {
                      for (std::int64_t r = first; r < last; ++r) {
                        if (runs) {
                          scale_row<kAdds>(a + r * row, b[r], c[r], row,
                                           y + r * row);
                        } else {
                          const std::int64_t at = r / shape.repeated * row;
                          multiply_row<kAdds>(a + r * row, b + at, c + at, row,
                                              y + r * row);
                        }
                      }
                    });
  }};
}

Kernel make_multiply(const graph::Multiply& operation,
                     const Signature& signature) {
  const auto shape = graph::broadcast(
      operation.kName, signature.inputs[0].shape, signature.inputs[1].shape);
  const auto with_elements = [&](auto a, auto b) {
    using T = decltype(a);
    using B = decltype(b);
    return signature.inputs.size() == 3 ? multiply<true, T, B>(shape)
                                        : multiply<false, T, B>(shape);
  };
  return with_element(operation.kName, signature.inputs[0], [&](auto a) {
    if (signature.inputs[1].dtype == signature.inputs[0].dtype) {
      return with_elements(a, a);
    }
    return with_elements(a, float());
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

LATHE_CPU_KERNEL(Add, make_add)
LATHE_CPU_KERNEL(Affine, make_affine)
LATHE_CPU_KERNEL(Multiply, make_multiply)

namespace {

template <class T>
Kernel constant(std::int64_t count, double value) {
  return {.run = [count, value = static_cast<T>(value)](
                     const KernelArguments& arguments) {
    std::fill_n(arguments.output<T>(0), count, value);
  }};
}

}  // namespace

Kernel make(const graph::Constant& operation, const Signature& signature) {
  const std::int64_t count = signature.outputs[0].shape.elements();
  switch (signature.outputs[0].dtype) {
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
  require_float32(operation.kName, signature.outputs[0]);
  return constant<float>(count, operation.value);
}

Kernel make(const graph::Increment&, const Signature&) {
  return {.run = [](const KernelArguments& arguments) {
    ++*arguments.written<std::int64_t>(0);
  }};
}

}  // namespace lathe::cpu
#endif
