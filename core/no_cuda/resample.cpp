#include "core/cuda/resample.h"

#include "core/error.h"

namespace lathe::cuda {

void resample(const Resample&, const Tensor&, const Tensor&, const Tensor&,
              const Colors&, const Warp*) {
  fail("resample: has no kernels for a GPU; use cpu");
}

}  // namespace lathe::cuda
