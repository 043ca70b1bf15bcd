#include "core/reference/kernels.h"

#include "core/widened.h"
#include "core/with_means.h"

namespace lathe::reference {
namespace {

Kernel make_any(const graph::Operation& operation, const Signature& signature) {
  const auto make_plain = [](const auto& o, const Signature& plain) {
    return make(o, plain);
  };
  return std::visit(
      [&](const auto& o) {
        if constexpr (requires { o.means; }) {
          if (o.means) return with_means(o, signature, make_plain);
        }
        return make(o, signature);
      },
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
