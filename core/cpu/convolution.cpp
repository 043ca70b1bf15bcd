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

bool is_tiled_depthwise(const ConvolutionShape& shape) {
  const auto& [height, width] = shape.window.kernel;
  const auto& strides = shape.window.strides;
  return shape.groups > 1 && shape.groups == shape.channels &&
         shape.channels == shape.filters && height == width &&
         (height == 3 || height == 5) && strides.height == strides.width &&
         strides.height <= 2 && shape.window.dilation == graph::Size2D{};
}

Kernel make(const graph::Convolution& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.inputs[0].shape,
               signature.outputs[0].shape);
  const bool has_bias = signature.inputs.size() == 3;
  if (is_narrow(shape)) return narrow_convolution(shape, has_bias);
  if (is_tiled_depthwise(shape)) return depthwise_convolution(shape, has_bias);
  return onednn_convolution(shape, has_bias);
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.outputs[0].shape,
               signature.inputs[0].shape);
  const bool has_bias = signature.inputs.size() == 3;
  if (is_tiled_depthwise(shape)) {
    return depthwise_input_gradient(shape, has_bias);
  }
  return onednn_input_gradient(shape, has_bias);
}

Kernel make(const graph::ConvolutionWeightGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.inputs[0].shape,
               signature.inputs[1].shape);
  if (is_narrow(shape)) return narrow_weight_gradient(shape);
  if (is_tiled_depthwise(shape) && shape.window.kernel.height == 5) {
    return depthwise_weight_gradient(shape);
  }
  return onednn_weight_gradient(shape);
}

}  // namespace lathe::cpu
