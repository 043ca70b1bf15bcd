#pragma once

#include "core/cuda/convolution_problem.h"

namespace lathe::cuda {

/// Whether there are own kernels for a convolution of an image to few filters,
/// in any direction: at most 4 filters, windows of 3x3 that move by 1, and at
/// most 32 channels, or 64 in whole groups of 4, which a warp holds.
bool is_narrow(const ConvolutionProblem& problem);

// They end in the operation's sums and activation. Tensors have fewer than 2^31
// elements.
Kernel narrow_convolution(const graph::Convolution& operation,
                          const Signature& signature);
Kernel narrow_input_gradient(const graph::ConvolutionInputGradient& operation,
                             const Signature& signature);
Kernel narrow_weight_gradient(const graph::ConvolutionWeightGradient& operation,
                              const Signature& signature);

}  // namespace lathe::cuda
