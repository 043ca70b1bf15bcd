#include "core/no_cuda/mix.h"

#include "core/error.h"

namespace lathe::cuda {

void mix(const MixStep*, const Tensor&, const Tensor&) {
  fail("mix: this build has no CUDA");
}

}  // namespace lathe::cuda
