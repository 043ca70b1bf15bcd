#include "core/cpu/convolution.h"

#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/image_kernel.h"
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/target.h"
#include "core/cpu/trial.h"
#include "core/cpu/winograd.h"
#include "core/error.h"
#include "core/graph/operations/sample_weights.h"
#include "core/with_means.h"

namespace lathe::cpu {
namespace {

ConvolutionShape shape_of(const graph::Window2D& window, std::int64_t groups,
                          const TensorSpec& image, const TensorSpec& result) {
  return {.window = window,
          .groups = groups,
          .batch = image.shape[0],
          .image = size_of_image(image),
          .result = size_of_image(result),
          .channels = image.shape[3],
          .filters = result.shape[3],
          .dtype = image.dtype};
}

// Operations that end in an epilogue: a convolution or its input gradient.
template <class Operation>
Epilogue epilogue_of(const Operation& operation, const Signature& signature) {
  const std::size_t bare = operation.residual ? 3 : 2;
  return {.bias = signature.inputs.size() > bare,
          .residual = operation.residual,
          .activation = operation.activation};
}

SampleBias sample_bias_of(const Epilogue& epilogue,
                          const Signature& signature) {
  if (!epilogue.bias) return SampleBias::none;
  return signature.inputs[2].shape.rank() == 1 ? SampleBias::shared
                                               : SampleBias::own;
}

// An own kernel make(shape, has_bias) adds a bias by itself.
template <class Make>
Kernel own(Make make, const ConvolutionShape& shape, const TensorSpec& output,
           const Epilogue& epilogue) {
  const bool simple =
      Epilogue{.residual = epilogue.residual, .activation = epilogue.activation}
          .empty();
  if (simple) return make(shape, epilogue.bias);
  return with_epilogue(make(shape, false), ChannelLayout::last, output,
                       epilogue);
}

bool is_pointwise(const ConvolutionShape& shape) {
  return graph::is_pointwise(shape.window, shape.groups);
}

// Where images are one pixel, as in squeeze-and-excite, oneDNN's products are
// twice as fast as its convolutions. They give float32.
bool is_vectorwise(const ConvolutionShape& shape) {
  return is_pointwise(shape) && shape.image == graph::Size2D{} &&
         shape.dtype == DType::float32;
}

TensorSpec rows_of(const TensorSpec& images) {
  const std::int64_t channels = images.shape[3];
  return {{images.shape.elements() / channels, channels}, images.dtype};
}

TensorSpec matrix_of(const ConvolutionShape& shape) {
  return {{shape.channels, shape.filters}, DType::float32};
}

// For own(): the product that computes rows of the output from those of input
// 0.
auto product_of_rows(const Signature& signature, bool transposed) {
  return
      [&signature, transposed](const ConvolutionShape& shape, bool has_bias) {
        Signature matrices{
            .inputs = {rows_of(signature.inputs[0]), matrix_of(shape)},
            .outputs = {rows_of(signature.outputs[0])}};
        if (has_bias) matrices.inputs.push_back(signature.inputs[2]);
        return make(graph::MatrixProduct{.transpose_b = transposed}, matrices);
      };
}

// Weight gradients of single pixels, which oneDNN computes a fifth faster as
// products on AVX2, but not with AVX-512 (1.0 to 2 times the time).
bool is_faster_as_product(const ConvolutionShape& shape) {
  return is_vectorwise(shape) || (is_pointwise(shape) && !has_avx512());
}

// A convolution that Winograd's algorithm may compute, `winograd` by the tiles
// it is given. In float32 it is faster that way; in bfloat16 the processor may
// have so many more products at a time that computing all of them is, directly
// or in another of the ways that there are.
Kernel directly_or_by_winograd(
    const ConvolutionShape& shape, const Signature& signature,
    std::string_view operation, std::vector<Candidate> direct,
    const std::function<Kernel(WinogradWay)>& winograd) {
  using enum WinogradTiles;
  if (shape.dtype == DType::float32) {
    return signature.winograd && is_winograd(shape, large)
               ? winograd({.tiles = large, .digits = signature.digits})
               : direct.front().make();
  }
  for (const WinogradTiles tiles : {large, small}) {
    if (!signature.winograd || !is_winograd(shape, tiles)) continue;
    direct.push_back({.name = tiles == large ? "winograd" : "winograd in bf16",
                      .make = [&, tiles] {
                        return winograd(
                            {.tiles = tiles, .digits = signature.digits});
                      }});
  }
  if (direct.size() == 1) return direct.front().make();
  return fastest(concat(operation, " by ", shape.window), signature, direct)
      .make();
}

// Single pixels by products of digits, where these serve.
bool goes_by_digits(const ConvolutionShape& shape, const Signature& signature) {
  return signature.digits && has_digit_products(shape);
}

// The one kind of window whose depthwise weight gradient oneDNN computes
// faster, on AVX2.
bool is_small_and_skips(const graph::Window2D& window) {
  return window.kernel.height == 3 && window.strides.height == 2 &&
         !has_avx512();
}

}  // namespace

bool is_tiled_depthwise(const ConvolutionShape& shape) {
  return shape.groups > 1 && shape.groups == shape.channels &&
         shape.channels == shape.filters && graph::is_tiled(shape.window);
}

Kernel make(const graph::Convolution& operation, const Signature& signature) {
  require_element(operation.kName, signature.inputs[0]);
  const TensorSpec& output = signature.outputs[0];
  const auto shape =
      shape_of(operation.window, operation.groups, signature.inputs[0], output);
  const Epilogue epilogue = epilogue_of(operation, signature);
  if (operation.means && (!is_tiled_depthwise(shape) || epilogue.residual)) {
    return with_means(
        operation, signature,
        [](const auto& o, const Signature& s) { return make(o, s); });
  }
  if (graph::has_own_weights(signature.inputs[1].shape)) {
    const SampleBias bias = sample_bias_of(epilogue, signature);
    return goes_by_digits(shape, signature)
               ? digit_convolution(shape, bias, epilogue)
               : sample_convolution(shape, bias, epilogue);
  }
  if (is_vectorwise(shape)) {
    return own(product_of_rows(signature, false), shape, output, epilogue);
  }
  if (is_narrow(shape)) {
    return own(narrow_convolution, shape, output, epilogue);
  }
  if (is_tiled_depthwise(shape)) {
    if (!epilogue.residual) {
      return depthwise_convolution(shape, epilogue.bias, epilogue.activation,
                                   operation.means);
    }
    return with_epilogue(
        depthwise_convolution(shape, false, graph::ActivationKind::linear,
                              false),
        ChannelLayout::last, output, epilogue);
  }
  if (goes_by_digits(shape, signature)) {
    return digit_convolution(shape, {}, epilogue);
  }
  const auto direct = [=] {
    if (!is_costly(epilogue.activation)) {
      return onednn_convolution(shape, epilogue);
    }
    if (is_shallow(shape) && !epilogue.residual) {
      return shallow_convolution(shape, epilogue.bias, epilogue.activation);
    }
    if (is_pointwise(shape) && !epilogue.residual) {
      return activated_convolution(shape, epilogue.bias, epilogue.activation);
    }
    return with_epilogue(onednn_convolution(shape, {}), ChannelLayout::last,
                         output, epilogue);
  };
  return directly_or_by_winograd(
      shape, signature, operation.kName, {{.name = "direct", .make = direct}},
      [=](WinogradWay way) {
        return winograd_convolution(shape, way, epilogue);
      });
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  require_element(operation.kName, signature.inputs[0]);
  const TensorSpec& output = signature.outputs[0];
  const auto shape =
      shape_of(operation.window, operation.groups, output, signature.inputs[0]);
  const Epilogue epilogue = epilogue_of(operation, signature);
  if (graph::has_own_weights(signature.inputs[1].shape)) {
    const SampleBias bias = sample_bias_of(epilogue, signature);
    return goes_by_digits(shape, signature)
               ? digit_input_gradient(shape, bias, epilogue)
               : sample_input_gradient(shape, bias, epilogue);
  }
  if (is_vectorwise(shape)) {
    return own(product_of_rows(signature, true), shape, output, epilogue);
  }
  if (is_tiled_depthwise(shape)) {
    return own(depthwise_input_gradient, shape, output, epilogue);
  }
  if (has_shallow_input_gradient(shape)) {
    return own(shallow_input_gradient, shape, output, epilogue);
  }
  if (goes_by_digits(shape, signature)) {
    return digit_input_gradient(shape, {}, epilogue);
  }
  std::vector<Candidate> direct{
      {.name = "direct",
       .make = [=] { return onednn_input_gradient(shape, epilogue); }}};
  if (has_phases(shape)) {
    direct.push_back({.name = "phases", .make = [=] {
                        return phased_input_gradient(shape, epilogue);
                      }});
  }
  return directly_or_by_winograd(shape, signature, operation.kName,
                                 std::move(direct), [=](WinogradWay way) {
                                   return winograd_input_gradient(shape, way,
                                                                  epilogue);
                                 });
}

Kernel make(const graph::ConvolutionWeightGradient& operation,
            const Signature& signature) {
  require_element(operation.kName, signature.inputs[0]);
  const auto shape = shape_of(operation.window, operation.groups,
                              signature.inputs[0], signature.inputs[1]);
  if (graph::has_own_weights(operation.weight_shape)) {
    return sample_weight_gradient(shape);
  }
  if (is_narrow(shape) && !is_vectorwise(shape)) {
    return narrow_weight_gradient(shape);
  }
  if (goes_by_digits(shape, signature)) return digit_weight_gradient(shape);
  const auto product = [=] {
    return make(
        graph::MatrixProduct{.transpose_a = true},
        {.inputs = {rows_of(signature.inputs[0]), rows_of(signature.inputs[1])},
         .outputs = {matrix_of(shape)}});
  };
  if (is_faster_as_product(shape)) return product();
  if (is_tiled_depthwise(shape) && !is_small_and_skips(shape.window)) {
    return depthwise_weight_gradient(shape);
  }
  if (is_shallow(shape)) return shallow_weight_gradient(shape);
  std::vector<Candidate> direct{{.name = "direct", .make = [=] {
                                   return onednn_weight_gradient(shape);
                                 }}};
  if (is_pointwise(shape))
    direct.push_back({.name = "product", .make = product});
  return directly_or_by_winograd(
      shape, signature, operation.kName, std::move(direct),
      [=](WinogradWay way) { return winograd_weight_gradient(shape, way); });
}

}  // namespace lathe::cpu
