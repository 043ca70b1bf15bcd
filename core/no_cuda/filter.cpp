#include "core/cuda/filter.h"

#include "core/error.h"

namespace lathe::cuda {

void filter(const Filters&, const Tensor&) {
  fail("filter: this build has no CUDA");
}

void erase_masks(const Filters&, float, const Tensor&) {
  fail("filter: this build has no CUDA");
}

}  // namespace lathe::cuda
