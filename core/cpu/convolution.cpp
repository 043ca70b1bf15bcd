#include "core/cpu/convolution.h"

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

namespace lathe::cpu {
namespace {

ConvolutionShape shape_of(const graph::Window2D& window, std::int64_t groups,
                          const Shape& image, const Shape& result) {
  return {.window = window,
          .groups = groups,
          .batch = image[0],
          .image = {.height = image[1], .width = image[2]},
          .result = {.height = result[1], .width = result[2]},
          .channels = image[3],
          .filters = result[3]};
}

}  // namespace

Kernel make(const graph::Convolution& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.inputs[0].shape,
               signature.outputs[0].shape);
  const bool has_bias = signature.inputs.size() == 3;
  if (is_narrow(shape)) return narrow_convolution(shape, has_bias);
  return onednn_convolution(shape, has_bias);
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.outputs[0].shape,
               signature.inputs[0].shape);
  return onednn_input_gradient(shape, signature.inputs.size() == 3);
}

Kernel make(const graph::ConvolutionWeightGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.inputs[0].shape,
               signature.inputs[1].shape);
  if (is_narrow(shape)) return narrow_weight_gradient(shape);
  if (has_wide_depthwise_window(shape)) return depthwise_weight_gradient(shape);
  return onednn_weight_gradient(shape);
}

}  // namespace lathe::cpu
