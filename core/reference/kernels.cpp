#include "core/reference/kernels.h"

#include "core/widened.h"

namespace lathe::reference {
namespace {

Kernel make_any(const graph::Operation& operation, const Signature& signature) {
  return std::visit([&](const auto& o) { return make(o, signature); },
                    operation);
}

}  // namespace

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  const bool widens = has_bfloat16(signature) &&
                      !std::holds_alternative<graph::Cast>(operation);
  Kernel kernel =
      widens ? widened(
                   signature,
                   [&](const Signature& wide) {
                     return make_any(operation, wide);
                   },
                   [](const graph::Cast& cast, const Signature& casts) {
                     return make(cast, casts);
                   })
             : make_any(operation, signature);
  kernel.implementation = "reference";
  return kernel;
}

}  // namespace lathe::reference
