#pragma once

#include <optional>

#include "core/cuda/convolution_problem.h"

namespace lathe::cuda {

/// The kernel of cuDNN for a problem, or none where it has no engine for it
/// that gives the same bits run after run. Inputs and the output are those of
/// the graph's operation of that direction: x or dy, the weights and the bias,
/// or x and dy. But the weights are (F, kernel height, kernel width, C /
/// groups): cuDNN accepts strides for others, and chooses for them the engines
/// and the workspace that it chooses for these. Throws Error without cuDNN or a
/// GPU.
std::optional<Kernel> library_convolution(const ConvolutionProblem& problem);

/// That of the library. Throws Error where it can't be used.
std::string cudnn_version();

}  // namespace lathe::cuda
