#include "core/cuda/filter.h"

#include "core/error.h"

namespace lathe::cuda {

void filter(const Filters&, const Tensor&) {
  fail("filter: has no kernels for a GPU; use cpu");
}

void erase_masks(const Filters&, float, const Tensor&) {
  fail("filter: has no kernels for a GPU; use cpu");
}

}  // namespace lathe::cuda
