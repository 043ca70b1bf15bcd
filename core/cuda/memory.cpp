#include "core/cuda/memory.h"

#include <algorithm>

#include "core/cuda/runtime.h"
#include "core/error.h"

namespace lathe::cuda {
namespace {

cudaStream_t the_stream() {
  static const cudaStream_t stream = [] {
    cudaStream_t result = nullptr;
    check(cudaStreamCreate(&result), "cudaStreamCreate");
    return result;
  }();
  return stream;
}

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, kind, the_stream()),
        "cudaMemcpyAsync");
  synchronize();
}

}  // namespace

void* stream() {
  return the_stream();
}

void synchronize() {
  check(cudaStreamSynchronize(the_stream()), "cudaStreamSynchronize");
}

std::shared_ptr<void> device_memory(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status =
      cudaMalloc(&memory, std::max<std::size_t>(bytes, 1));
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    fail("GPU: needs ", bytes / 1000000, " MB more and ", free / 1000000,
         " MB of ", total / 1000000,
         " MB are free; a smaller batch or image size needs less");
  }
  check(status, "cudaMalloc");
  return {memory, [](void* m) { cudaFree(m); }};
}

std::shared_ptr<void> pinned_memory(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, std::max<std::size_t>(bytes, 1)),
        "cudaMallocHost");
  return {memory, [](void* m) { cudaFreeHost(m); }};
}

void upload(void* device, const void* host, std::size_t bytes) {
  copy(device, host, bytes, cudaMemcpyHostToDevice);
}

void download(void* host, const void* device, std::size_t bytes) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost);
}

}  // namespace lathe::cuda
