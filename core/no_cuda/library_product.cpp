#include "core/cuda/matrix_product.h"
#include "core/error.h"

namespace lathe::cuda {

Kernel library_product(const ProductProblem&) {
  fail("matrix_product: this build has no cuBLASLt");
}

std::string cublaslt_version() {
  fail("not in this build");
}

}  // namespace lathe::cuda
