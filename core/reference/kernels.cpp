#include "core/reference/kernels.h"

namespace lathe::reference {

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  return std::visit([&](const auto& o) { return make(o, signature); },
                    operation);
}

}  // namespace lathe::reference
