#include "core/cuda/report.h"

#include "core/cuda/library_convolution.h"
#include "core/cuda/matrix_product.h"
#include "core/cuda/runtime.h"
#include "core/error.h"
#include "core/shared_library.h"

namespace lathe::cuda {
namespace {

// 13000 is 13.0.
std::string cuda_version(int version) {
  return concat(version / 1000, ".", version % 1000 / 10);
}

std::string nccl_version() {
  const SharedLibrary library("libnccl.so.2");
  int (*get)(int*) = nullptr;
  library.find(get, "ncclGetVersion");
  int version = 0;
  get(&version);
  return version_text(version, 10000, 100);
}

// What get() gives, or why it does not.
std::string text_of(std::string (*get)()) {
  try {
    return get();
  } catch (const Error& error) {
    return error.what();
  }
}

std::string driver() {
  int version = 0;
  check(cudaDriverGetVersion(&version), "cudaDriverGetVersion");
  return version == 0 ? "none" : concat("for CUDA ", cuda_version(version));
}

std::string device(int number) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, number),
        "cudaGetDeviceProperties");
  check(cudaSetDevice(number), "cudaSetDevice");
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return concat(properties.name, ", compute capability ", properties.major, ".",
                properties.minor, ", ", properties.multiProcessorCount,
                " multiprocessors, ", free / 1000000, " MB of ",
                total / 1000000, " MB free");
}

}  // namespace

Facts report() {
  int runtime = 0;
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  Facts facts{{"CUDA", concat(cuda_version(runtime), ", kernels for ",
                              LATHE_CUDA_ARCHITECTURES)},
              {"driver", driver()},
              {"cuDNN", text_of(cudnn_version)},
              {"cuBLASLt", text_of(cublaslt_version)},
              {"NCCL", text_of(nccl_version)}};
  const std::string why_none = why_no_device();
  if (!why_none.empty()) {
    facts.emplace_back("GPU", concat("none: ", why_none));
    return facts;
  }
  int count = 0;
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  for (int i = 0; i < count; ++i) {
    facts.emplace_back(concat("GPU ", i), device(i));
  }
  return facts;
}

}  // namespace lathe::cuda
