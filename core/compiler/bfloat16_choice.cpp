#include "core/compiler/bfloat16_choice.h"

#include <algorithm>

namespace lathe {

graph::Bfloat16Choice bfloat16_choice(const CompileOptions& options) {
  if (options.precision != Precision::bf16) return {};
  const auto& disabled = options.disabled_passes;
  const bool measured = options.device == Device::cpu &&
                        std::find(disabled.begin(), disabled.end(),
                                  "measured_precision") == disabled.end();
  return [measured](const graph::Operation&, const Signature&) {
    // The CPU's kernels compute it through float32, which is never faster.
    return !measured;
  };
}

}  // namespace lathe
