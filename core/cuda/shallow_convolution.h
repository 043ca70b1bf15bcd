#pragma once

#include "core/cuda/convolution_problem.h"

namespace lathe::cuda {

/// Whether there are own kernels for a convolution of an image of few channels,
/// and for the gradient of its weights: at most 4 channels, at most 64 filters
/// in whole groups of 8, and windows of 3x3 or 4x4 that move by 1 or 2.
bool is_shallow(const ConvolutionProblem& problem);
/// Whether there is one for the gradient of the image, too: windows of 4x4 that
/// move by 2.
bool has_shallow_input_gradient(const ConvolutionProblem& problem);

// They end in the operation's sums and activation. Tensors have fewer than 2^31
// elements.
Kernel shallow_convolution(const graph::Convolution& operation,
                           const Signature& signature);
Kernel shallow_input_gradient(const graph::ConvolutionInputGradient& operation,
                              const Signature& signature);
Kernel shallow_weight_gradient(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature);

}  // namespace lathe::cuda
