#include "core/cpu/convolution.h"

#include "core/cpu/convolution_epilogue.h"
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

// Operations that end in an epilogue: a convolution or its input gradient.
template <class Operation>
Epilogue epilogue_of(const Operation& operation, const Signature& signature) {
  const std::size_t bare = operation.residual ? 3 : 2;
  return {.bias = signature.inputs.size() > bare,
          .residual = operation.residual,
          .activation = operation.activation};
}

// An own kernel make(shape, has_bias) adds a bias by itself.
template <class Make>
Kernel own(Make make, const ConvolutionShape& shape, const Shape& output,
           const Epilogue& epilogue) {
  const bool simple =
      Epilogue{.residual = epilogue.residual, .activation = epilogue.activation}
          .empty();
  if (simple) return make(shape, epilogue.bias);
  return with_epilogue(make(shape, false), ChannelLayout::last, output,
                       epilogue);
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
  const Epilogue epilogue = epilogue_of(operation, signature);
  const Shape& output = signature.outputs[0].shape;
  if (is_narrow(shape)) {
    return own(narrow_convolution, shape, output, epilogue);
  }
  if (is_tiled_depthwise(shape)) {
    if (!epilogue.residual) {
      return depthwise_convolution(shape, epilogue.bias, epilogue.activation);
    }
    return with_epilogue(
        depthwise_convolution(shape, false, graph::ActivationKind::linear),
        ChannelLayout::last, output, epilogue);
  }
  return onednn_convolution(shape, epilogue);
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const auto shape =
      shape_of(operation.window, operation.groups, signature.outputs[0].shape,
               signature.inputs[0].shape);
  const Epilogue epilogue = epilogue_of(operation, signature);
  if (is_tiled_depthwise(shape)) {
    return own(depthwise_input_gradient, shape, signature.outputs[0].shape,
               epilogue);
  }
  return onednn_input_gradient(shape, epilogue);
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
