#include "core/cuda/backend.h"

#include "core/error.h"

namespace lathe::cuda {

bool has_device() {
  return false;
}

void require_device() {
  fail("device: this build has no CUDA; use cpu");
}

Kernel make_kernel(const graph::Operation& operation, const Signature&) {
  fail(graph::name_of(operation), ": this build has no CUDA");
}

}  // namespace lathe::cuda
