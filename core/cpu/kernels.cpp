#include "core/cpu/kernels.h"

#include "core/widened.h"

namespace lathe::cpu {
namespace {

Kernel make_any(const graph::Operation& operation, const Signature& signature) {
  return std::visit([&](const auto& o) { return make(o, signature); },
                    operation);
}

// Whether there is a kernel for bfloat16.
bool takes_bfloat16(const graph::Operation& operation) {
  return std::holds_alternative<graph::Cast>(operation);
}

}  // namespace

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  if (!has_bfloat16(signature) || takes_bfloat16(operation)) {
    return make_any(operation, signature);
  }
  return widened(
      signature,
      [&](const Signature& wide) { return make_any(operation, wide); },
      [](const graph::Cast& cast, const Signature& casts) {
        return make(cast, casts);
      });
}

}  // namespace lathe::cpu
