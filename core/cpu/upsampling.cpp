#include "core/cpu/image_kernel.h"
#include "core/cpu/kernels.h"

namespace lathe::cpu {

Kernel make(const graph::UpSampling& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  return weighted_sum(
      upsampling_map(operation.kind, operation.factor, size_of_image(x)), x,
      signature.outputs[0]);
}

Kernel make(const graph::UpSamplingGradient& operation,
            const Signature& signature) {
  const TensorSpec& dx = signature.outputs[0];
  const auto map =
      upsampling_map(operation.kind, operation.factor, size_of_image(dx));
  return weighted_sum(transposed(map, size_of_image(dx)), signature.inputs[0],
                      dx);
}

}  // namespace lathe::cpu
