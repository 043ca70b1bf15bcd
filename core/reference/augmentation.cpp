#include "core/reference/kernels.h"

namespace lathe::reference {

Kernel make(const graph::Augmentation& operation, const Signature& signature) {
  const TensorSpec& images = signature.inputs[0];
  return {.run =
              [effect = operation.effect, images](const KernelArguments& call) {
                effect->apply(
                    Device::reference, {images, call.inputs[0], nullptr},
                    call.input<std::int64_t>(1),
                    {images, call.outputs[0], nullptr}, call.workspace);
              },
          .workspace_bytes = operation.effect->workspace_bytes(images.shape)};
}

}  // namespace lathe::reference
