#include "core/cuda/runtime.h"

#include "core/cuda/backend.h"
#include "core/error.h"

namespace lathe::cuda {

void check(cudaError_t status, std::string_view call,
           std::source_location where) {
  if (status == cudaSuccess) return;
  fail(call, ": ", cudaGetErrorString(status), " (", where.file_name(), ":",
       where.line(), ")");
}

int multiprocessors() {
  static const int count = [] {
    int device = 0;
    int result = 0;
    check(cudaGetDevice(&device), "cudaGetDevice");
    check(
        cudaDeviceGetAttribute(&result, cudaDevAttrMultiProcessorCount, device),
        "cudaDeviceGetAttribute");
    return result;
  }();
  return count;
}

int device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

void require_device() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count > 0) return;
  fail("device: no GPU that CUDA can use (",
       status == cudaSuccess ? "none is visible" : cudaGetErrorString(status),
       "); use cpu");
}

}  // namespace lathe::cuda
