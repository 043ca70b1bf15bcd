#include <algorithm>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class T>
Kernel constant(std::int64_t count, double value) {
  return {.run = [=](const KernelArguments& memory) {
    std::fill_n(memory.output<T>(0), count, static_cast<T>(value));
  }};
}

}  // namespace

Kernel make(const graph::Add& operation, const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        const std::int64_t count = signature.inputs[0].shape.elements();
        return {.run = [count](const KernelArguments& memory) {
          for (std::int64_t i = 0; i < count; ++i) {
            memory.output<T>(0)[i] =
                memory.input<T>(0)[i] + memory.input<T>(1)[i];
          }
        }};
      });
}

Kernel make(const graph::Multiply& operation, const Signature& signature) {
  const auto shape = graph::broadcast(
      operation.kName, signature.inputs[0].shape, signature.inputs[1].shape);
  return dispatch(operation.kName, signature.inputs[0].dtype,
                  [&](auto type) -> Kernel {
                    using T = decltype(type);
                    return {.run = [shape](const KernelArguments& memory) {
                      const T* a = memory.input<T>(0);
                      const T* b = memory.input<T>(1);
                      const bool adds = memory.inputs.size() == 3;
                      const T* c = adds ? memory.input<T>(2) : nullptr;
                      T* y = memory.output<T>(0);
                      for (std::int64_t o = 0; o < shape.outer; ++o) {
                        for (std::int64_t r = 0; r < shape.repeated; ++r) {
                          for (std::int64_t i = 0; i < shape.inner; ++i) {
                            const std::int64_t at = o * shape.inner + i;
                            *y++ = *a++ * b[at] + (adds ? c[at] : 0);
                          }
                        }
                      }
                    }};
                  });
}

Kernel make(const graph::ReduceSum& operation, const Signature& signature) {
  const auto shape = graph::broadcast(
      operation.kName, signature.inputs[0].shape, operation.target);
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [shape](const KernelArguments& memory) {
          const T* x = memory.input<T>(0);
          const T* f = memory.inputs.size() == 2 ? memory.input<T>(1) : nullptr;
          for (std::int64_t o = 0; o < shape.outer; ++o) {
            for (std::int64_t i = 0; i < shape.inner; ++i) {
              double sum = 0;
              for (std::int64_t r = 0; r < shape.repeated; ++r) {
                const std::int64_t at =
                    (o * shape.repeated + r) * shape.inner + i;
                sum +=
                    f == nullptr ? x[at] : static_cast<double>(x[at]) * f[at];
              }
              memory.output<T>(0)[o * shape.inner + i] = static_cast<T>(sum);
            }
          }
        }};
      });
}

Kernel make(const graph::Affine& operation, const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        const std::int64_t count = signature.inputs[0].shape.elements();
        return {.run = [scale = static_cast<T>(operation.scale),
                        offset = static_cast<T>(operation.offset),
                        count](const KernelArguments& memory) {
          for (std::int64_t i = 0; i < count; ++i) {
            memory.output<T>(0)[i] = scale * memory.input<T>(0)[i] + offset;
          }
        }};
      });
}

Kernel make(const graph::Constant& operation, const Signature&) {
  const std::int64_t count = operation.spec.shape.elements();
  switch (operation.spec.dtype) {
    case DType::float32:
      return constant<float>(count, operation.value);
    case DType::float64:
      return constant<double>(count, operation.value);
    case DType::bfloat16:
      break;
    case DType::uint8:
      return constant<std::uint8_t>(count, operation.value);
    case DType::int32:
      return constant<std::int32_t>(count, operation.value);
    case DType::int64:
      return constant<std::int64_t>(count, operation.value);
  }
  fail(operation.kName, ": has no elements in ", operation.spec.dtype);
}

Kernel make(const graph::Increment&, const Signature&) {
  return {.run = [](const KernelArguments& memory) {
    ++memory.written<std::int64_t>(0)[0];
  }};
}

}  // namespace lathe::reference
