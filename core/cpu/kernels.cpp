#include "core/cpu/kernels.h"

namespace lathe::cpu {

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  return std::visit([&](const auto& o) { return make(o, signature); },
                    operation);
}

}  // namespace lathe::cpu
