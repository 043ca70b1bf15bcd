#pragma once

#include "core/cuda/convolution_problem.h"
#include "core/cuda/cudnn.h"

namespace lathe::cuda::cudnn {

/// The tensors of a convolution's graph that have memory, by the numbers that
/// cuDNN knows them by.
enum TensorId : std::int64_t { kImage = 1, kWeights, kResult, kBias };

/// The problem as a graph of cuDNN's operations: the convolution, then the sum
/// with the bias and the activation where they are asked for; not finalized.
/// Throws Error where cuDNN refuses it.
Descriptor convolution_graph(const ConvolutionProblem& problem);

}  // namespace lathe::cuda::cudnn
