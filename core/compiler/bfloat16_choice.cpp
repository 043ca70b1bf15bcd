#include "core/compiler/bfloat16_choice.h"

namespace lathe {

graph::Bfloat16Choice bfloat16_choice(const CompileOptions& options) {
  if (options.precision != Precision::bf16) return {};
  const bool measured =
      options.device == Device::cpu && options.enables("measured_precision");
  return [measured](const graph::Operation&, const Signature&) {
    // The CPU's kernels compute it through float32, which is never faster.
    return !measured;
  };
}

}  // namespace lathe
