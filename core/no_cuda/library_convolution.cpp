#include "core/cuda/library_convolution.h"

#include "core/error.h"

namespace lathe::cuda {

std::optional<Kernel> library_convolution(const ConvolutionProblem& problem) {
  fail(to_string(problem), ": this build has no cuDNN");
}

std::string cudnn_version() {
  fail("not in this build");
}

}  // namespace lathe::cuda
