#include "core/cpu/kernels.h"

#include "core/cpu/target.h"
#include "core/graph/operations/sample_weights.h"
#include "core/widened.h"

namespace lathe::cpu {
namespace {

Kernel make_any(const graph::Operation& operation, const Signature& signature) {
  return std::visit([&](const auto& o) { return make(o, signature); },
                    operation);
}

// Whether the operation's own kernel takes values in bfloat16. Convolutions
// with weights of each sample's own come of a pass that isn't used with it.
bool takes_bfloat16(const graph::Operation& operation,
                    const Signature& signature) {
  if (std::holds_alternative<graph::Cast>(operation)) return true;
  if (!has_bfloat16_instructions()) return false;
  if (std::holds_alternative<graph::Convolution>(operation) ||
      std::holds_alternative<graph::ConvolutionInputGradient>(operation)) {
    return !graph::has_own_weights(signature.inputs[1].shape);
  }
  if (const auto* gradient =
          std::get_if<graph::ConvolutionWeightGradient>(&operation)) {
    return !graph::has_own_weights(gradient->weight_shape);
  }
  return true;
}

}  // namespace

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature) {
  if (!has_bfloat16(signature) || takes_bfloat16(operation, signature)) {
    return make_any(operation, signature);
  }
  return make_float32_kernel(operation, signature);
}

Kernel make_float32_kernel(const graph::Operation& operation,
                           const Signature& signature) {
  return widened(
      signature,
      [&](const Signature& wide) { return make_any(operation, wide); },
      [](const graph::Cast& cast, const Signature& casts) {
        return make(cast, casts);
      });
}

}  // namespace lathe::cpu
