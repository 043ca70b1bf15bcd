#include "core/cuda/kernels.h"

#include "core/cuda/backend.h"
#include "core/error.h"

namespace lathe::cuda {

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  return std::visit(
      [&](const auto& o) -> Kernel {
        if constexpr (requires { make(o, signature); }) {
          return make(o, signature);
        } else {
          fail(o.kName, ": has no CUDA kernel");
        }
      },
      operation);
}

}  // namespace lathe::cuda
