#pragma once

#include <optional>

#include "core/graph/operations/convolution.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// What the three directions of a convolution share: the image (N, H, W, C)
/// it reads and the result (N, H', W', F) it writes, both float32 or bfloat16;
/// with C / groups channels and F / groups filters a group.
struct ConvolutionShape {
  graph::Window2D window;
  std::int64_t groups = 1;
  std::int64_t batch = 1;
  graph::Size2D image;
  graph::Size2D result;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
  DType dtype = DType::float32;

  Shape image_shape() const {
    return {batch, image.height, image.width, channels};
  }
  Shape result_shape() const {
    return {batch, result.height, result.width, filters};
  }
};

struct Epilogue;

/// Kernels of oneDNN: any shape.
Kernel onednn_convolution(const ConvolutionShape& shape,
                          const Epilogue& epilogue);
/// Whether onednn_convolution() of both rearranges weights alike: for AMX that
/// depends on the image, too.
bool onednn_arranges_alike(const ConvolutionShape& a, const ConvolutionShape& b,
                           const Epilogue& epilogue);
Kernel onednn_input_gradient(const ConvolutionShape& shape,
                             const Epilogue& epilogue);
Kernel onednn_weight_gradient(const ConvolutionShape& shape);

/// Convolutions of single pixels that end in an activation.
Kernel activated_convolution(const ConvolutionShape& shape, bool has_bias,
                             graph::ActivationKind activation);

/// Own kernels for convolutions to at most four filters. `has_bias`: input 2 is
/// one.
bool is_narrow(const ConvolutionShape& shape);
Kernel narrow_convolution(const ConvolutionShape& shape, bool has_bias);
Kernel narrow_weight_gradient(const ConvolutionShape& shape);

/// Own kernels for convolutions of at most four channels, float32 and not
/// dilated, that end in an activation, and for their weight gradient.
/// `has_bias`: input 2 is one.
bool is_shallow(const ConvolutionShape& shape);
Kernel shallow_convolution(const ConvolutionShape& shape, bool has_bias,
                           graph::ActivationKind activation);
Kernel shallow_weight_gradient(const ConvolutionShape& shape);

/// Own kernel for the input gradient of convolutions of at most twelve
/// channels, not dilated.
bool has_shallow_input_gradient(const ConvolutionShape& shape);
Kernel shallow_input_gradient(const ConvolutionShape& shape, bool has_bias);

/// The input gradient of a window that moves by several pixels, by a
/// convolution of oneDNN's: not dilated, and windows that meet all pixels
/// between them.
bool has_phases(const ConvolutionShape& shape);
Kernel phased_input_gradient(const ConvolutionShape& shape,
                             const Epilogue& epilogue);

/// Own kernels for depthwise convolutions whose windows graph::is_tiled takes.
/// `has_means`: output 1 is the mean of output 0's pixels.
bool is_tiled_depthwise(const ConvolutionShape& shape);
Kernel depthwise_convolution(const ConvolutionShape& shape, bool has_bias,
                             graph::ActivationKind activation, bool has_means);
Kernel depthwise_input_gradient(const ConvolutionShape& shape, bool has_bias);
Kernel depthwise_weight_gradient(const ConvolutionShape& shape);

/// Own kernels for weights of their own for each sample. A bias is of all
/// samples (F) or each one's own (N, 1, 1, F).
enum class SampleBias { none, shared, own };
Kernel sample_convolution(const ConvolutionShape& shape, SampleBias bias,
                          const Epilogue& epilogue);
Kernel sample_input_gradient(const ConvolutionShape& shape, SampleBias bias,
                             const Epilogue& epilogue);
Kernel sample_weight_gradient(const ConvolutionShape& shape);

/// Convolutions of single pixels in float32 by products of digits
/// (digit_product.h), where they serve: of weights for all samples, or where
/// `sample_bias` is given of each one's own.
bool has_digit_products(const ConvolutionShape& shape);
Kernel digit_convolution(const ConvolutionShape& shape,
                         std::optional<SampleBias> sample_bias,
                         const Epilogue& epilogue);
Kernel digit_input_gradient(const ConvolutionShape& shape,
                            std::optional<SampleBias> sample_bias,
                            const Epilogue& epilogue);
Kernel digit_weight_gradient(const ConvolutionShape& shape);

}  // namespace lathe::cpu
