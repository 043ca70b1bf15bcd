#include "core/reference/kernels.h"

namespace lathe::reference {

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  Kernel kernel =
      std::visit([&](const auto& o) { return make(o, signature); }, operation);
  kernel.implementation = "reference";
  return kernel;
}

}  // namespace lathe::reference
