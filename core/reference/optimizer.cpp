#include <cmath>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class T>
void step(const graph::Adam& operation, double alpha, std::int64_t count, T* w,
          const T* g, T* m, T* v) {
  for (std::int64_t i = 0; i < count; ++i) {
    m[i] += (g[i] - m[i]) * static_cast<T>(1 - operation.beta_1);
    v[i] += (g[i] * g[i] - v[i]) * static_cast<T>(1 - operation.beta_2);
    w[i] -= static_cast<T>(alpha) * m[i] /
            (std::sqrt(v[i]) + static_cast<T>(operation.epsilon));
  }
}

}  // namespace

Kernel make(const graph::Adam& operation, const Signature& signature) {
  return {.run = [operation,
                  specs = signature.inputs](const KernelArguments& memory) {
    const auto t = static_cast<double>(memory.input<std::int64_t>(0)[0] + 1);
    const double alpha = memory.input<float>(1)[0] *
                         std::sqrt(1 - std::pow(operation.beta_2, t)) /
                         (1 - std::pow(operation.beta_1, t));
    for (std::size_t i = 2; i < specs.size(); i += 4) {
      const std::int64_t count = specs[i].shape.elements();
      if (specs[i].dtype == DType::float32) {
        step(operation, alpha, count, memory.written<float>(i),
             memory.input<float>(i + 1), memory.written<float>(i + 2),
             memory.written<float>(i + 3));
      } else {
        step(operation, alpha, count, memory.written<double>(i),
             memory.input<double>(i + 1), memory.written<double>(i + 2),
             memory.written<double>(i + 3));
      }
    }
  }};
}

}  // namespace lathe::reference
