#include "core/cuda/kernels.h"

#include "core/cuda/backend.h"
#include "core/reference/kernels.h"
#include "tests/cuda_emulation/in_stream.h"

// What no own kernel does the reference does here.
namespace lathe::cuda {

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  return std::visit(
      [&](const auto& o) -> Kernel {
        if constexpr (requires { make(o, signature); }) {
          return make(o, signature);
        } else {
          return in_stream(reference::make_kernel(o, signature));
        }
      },
      operation);
}

}  // namespace lathe::cuda
