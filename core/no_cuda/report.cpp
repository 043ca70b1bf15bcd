#include "core/cuda/report.h"

namespace lathe::cuda {

Facts report() {
  return {{"CUDA", "not in this build"}};
}

}  // namespace lathe::cuda
