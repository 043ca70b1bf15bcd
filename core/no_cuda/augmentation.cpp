#include "core/cuda/filter.h"
#include "core/cuda/mix.h"
#include "core/cuda/resample.h"
#include "core/error.h"

namespace lathe::cuda {

void resample(const Resample&, const Tensor&, const Tensor&, const Tensor&,
              const Colors&, const Warp*, const GpuMemory&) {
  fail("resample: this build has no CUDA");
}

void filter(const Filters&, const Tensor&, const GpuMemory&) {
  fail("filter: this build has no CUDA");
}

void erase_masks(const Filters&, float, const Tensor&, const GpuMemory&) {
  fail("erase_masks: this build has no CUDA");
}

void mix(const Mixing&, const MixBatch&, const MixBatch&, const GpuMemory&) {
  fail("mix: this build has no CUDA");
}

void blend_in(const Tensor&, const Tensor&, const Tensor&, const Tensor&,
              const Tensor&, const GpuMemory&) {
  fail("blend_in: this build has no CUDA");
}

}  // namespace lathe::cuda
