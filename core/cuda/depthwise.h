#pragma once

#include "core/graph/operations/convolution.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Whether a convolution of images (N, H, W, C) has filters for each channel by
/// itself.
inline bool is_depthwise(std::int64_t groups, const Shape& image) {
  return groups > 1 && groups == image[3];
}

// Own kernels for depthwise convolutions, float32 and with fewer than 2^31
// elements, whatever the window. They end in the operation's sums and
// activation.
Kernel depthwise_convolution(const graph::Convolution& operation,
                             const Signature& signature);
Kernel depthwise_input_gradient(
    const graph::ConvolutionInputGradient& operation,
    const Signature& signature);
Kernel depthwise_weight_gradient(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature);

}  // namespace lathe::cuda
