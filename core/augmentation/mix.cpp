#include "core/augmentation/mix.h"

#include "core/cpu/mix.h"
#include "core/error.h"
#include "core/no_cuda/mix.h"
#include "core/reference/mix.h"

namespace lathe {

void mix(Device device, const MixStep* steps, const Tensor& images,
         const Tensor& output) {
  if (images.shape().rank() != 4 || images.dtype() != DType::float32 ||
      output.spec() != images.spec() || images.raw() == output.raw()) {
    fail("mix: ", images.spec(), " to ", output.spec(),
         "; both must be float32 (N, H, W, C), the same, in other memory");
  }
  switch (device) {
    case Device::reference:
      return reference::mix(steps, images, output);
    case Device::cpu:
      return cpu::mix(steps, images, output);
    case Device::cuda:
      return cuda::mix(steps, images, output);
  }
}

}  // namespace lathe
