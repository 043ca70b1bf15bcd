#include "core/cuda/runtime.h"

#include "core/cuda/backend.h"
#include "core/cuda/library_convolution.h"
#include "core/cuda/matrix_product.h"
#include "core/error.h"

namespace lathe::cuda {

namespace {

// After these every call fails.
bool is_lost(cudaError_t status) {
  switch (status) {
    case cudaErrorECCUncorrectable:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorMisalignedAddress:
    case cudaErrorNvlinkUncorrectable:
      return true;
    default:
      return false;
  }
}

int attribute(cudaDeviceAttr which) {
  int device = 0;
  int result = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&result, which, device),
        "cudaDeviceGetAttribute");
  return result;
}

// Of a device that is older than what the kernels were compiled for.
std::string why_no_kernels() {
  const int major = attribute(cudaDevAttrComputeCapabilityMajor);
  const int minor = attribute(cudaDevAttrComputeCapabilityMinor);
  if (10 * major + minor >= LATHE_CUDA_OLDEST) return "";
  return concat("its compute capability is ", major, ".", minor,
                ", and this build's kernels are for ", LATHE_CUDA_OLDEST / 10,
                ".", LATHE_CUDA_OLDEST % 10, " and later");
}

}  // namespace

void check(cudaError_t status, std::string_view call,
           std::source_location where) {
  if (status == cudaSuccess) return;
  fail(call, ": ", cudaGetErrorString(status), " (", where.file_name(), ":",
       where.line(), ")",
       is_lost(status) ? "; the GPU is lost to this process. What was saved "
                         "before is whole, and a run can go on from it"
                       : "");
}

int multiprocessors() {
  static const int count = attribute(cudaDevAttrMultiProcessorCount);
  return count;
}

bool can_start_early() {
  static const bool can = attribute(cudaDevAttrComputeCapabilityMajor) >= 9;
  return can;
}

std::string why_no_device() {
  int count = 0;
  int driver = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess) {
    return count > 0 ? why_no_kernels() : "none is visible";
  }
  // What the runtime says then is that its version doesn't fit.
  if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0) {
    return "there is no NVIDIA driver, libcuda.so.1";
  }
  return cudaGetErrorString(status);
}

bool has_device() {
  if (!why_no_device().empty()) return false;
  try {
    cudnn_version();
    cublaslt_version();
  } catch (const Error&) {
    return false;
  }
  return true;
}

void require_device() {
  const std::string why = why_no_device();
  if (why.empty()) return;
  fail("device: no GPU that CUDA can use (", why, "); use cpu");
}

}  // namespace lathe::cuda
