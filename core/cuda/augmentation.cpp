#include <vector>

#include "core/cuda/kernels.h"
#include "core/cuda/memory.h"

namespace lathe::cuda {

// Numbers are drawn on the host, so it waits for the draw. That can't be part
// of a CUDA graph: a pipeline that augments before the step runs needs no
// waiting.
Kernel make(const graph::Augmentation& operation, const Signature& signature) {
  const TensorSpec& images = signature.inputs[0];
  const auto count =
      static_cast<std::size_t>(signature.inputs[1].shape.elements());
  return {.run =
              [effect = operation.effect, images, count,
               draw = std::vector<std::int64_t>(count)](
                  const KernelArguments& call) mutable {
                download(draw.data(), call.inputs[1],
                         count * sizeof(std::int64_t));
                const auto there = [&](void* memory) -> Tensor {
                  return {images, Storage::on_device(memory, images.bytes())};
                };
                effect->apply(Device::cuda, there(call.inputs[0]), draw.data(),
                              there(call.outputs[0]), nullptr);
              },
          .implementation = operation.effect->text()};
}

}  // namespace lathe::cuda
