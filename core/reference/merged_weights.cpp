#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// Calls visit(weight, merged weight), both numbers of elements, for each pair
// of which the one is a part of the other.
template <class Visit>
void for_parts(graph::Size2D factor, bool transposed, const Shape& w,
               const Shape& y, Visit visit) {
  for (std::int64_t i = 0; i < w[0]; ++i) {
    for (std::int64_t j = 0; j < w[1]; ++j) {
      for (std::int64_t a = 0; a < w[2]; ++a) {
        for (std::int64_t b = 0; b < w[3]; ++b) {
          const std::int64_t row = transposed ? w[0] - 1 - i : i;
          const std::int64_t column = transposed ? w[1] - 1 - j : j;
          const std::int64_t c = transposed ? b : a;
          const std::int64_t f = transposed ? a : b;
          for (std::int64_t r = 0; r < factor.height; ++r) {
            for (std::int64_t s = 0; s < factor.width; ++s) {
              visit(((i * w[1] + j) * w[2] + a) * w[3] + b,
                    (((row + r) * y[1] + column + s) * y[2] + c) * y[3] + f);
            }
          }
        }
      }
    }
  }
}

}  // namespace

Kernel make(const graph::MergedWeights& operation, const Signature& signature) {
  const Shape w = signature.inputs[0].shape;
  const Shape y = signature.outputs[0].shape;
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    using T = decltype(type);
    return Kernel{.run = [=](const KernelArguments& memory) {
      T* to = memory.output<T>(0);
      std::fill_n(to, y.elements(), T{0});
      for_parts(operation.factor, operation.transposed, w, y,
                [&](std::int64_t weight, std::int64_t merged) {
                  to[merged] += memory.input<T>(0)[weight];
                });
    }};
  });
}

Kernel make(const graph::MergedWeightsGradient& operation,
            const Signature& signature) {
  const Shape dy = signature.inputs[0].shape;
  const Shape dw = signature.outputs[0].shape;
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    using T = decltype(type);
    return Kernel{.run = [=](const KernelArguments& memory) {
      T* to = memory.output<T>(0);
      std::fill_n(to, dw.elements(), T{0});
      for_parts(operation.factor, operation.transposed, dw, dy,
                [&](std::int64_t weight, std::int64_t merged) {
                  to[weight] += memory.input<T>(0)[merged];
                });
    }};
  });
}

}  // namespace lathe::reference
