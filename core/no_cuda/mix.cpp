#include "core/cuda/mix.h"

#include "core/error.h"

namespace lathe::cuda {

void mix(const Mixing&, const MixBatch&, const MixBatch&) {
  fail("mix: has no kernels for a GPU; use cpu");
}

void blend_in(const Tensor&, const Tensor&, const Tensor&, const Tensor&) {
  fail("blend_in: this build has no CUDA");
}

}  // namespace lathe::cuda
