#include "core/cuda/memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "core/cuda/runtime.h"
#include "core/cuda/transfer.h"
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

// Blocks of pinned memory in turn, from which small copies are made when the
// stream gets there.
class SmallCopies {
 public:
  void send(void* device, const void* host, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    Block& block = blocks_[next_++ % blocks_.size()];
    if (!block.memory) block.memory = pinned_memory(kSmallCopy);
    block.left.wait();
    std::memcpy(block.memory.get(), host, bytes);
    check(cudaMemcpyAsync(device, block.memory.get(), bytes,
                          cudaMemcpyHostToDevice, the_stream()),
          "cudaMemcpyAsync");
    block.left.set(the_stream());
  }

 private:
  struct Block {
    std::shared_ptr<void> memory;
    Mark left;
  };
  std::mutex mutex_;
  // More than a few steps have.
  std::array<Block, 64> blocks_;
  std::size_t next_ = 0;
};

}  // namespace

void* stream() {
  return the_stream();
}

void synchronize() {
  check(cudaStreamSynchronize(the_stream()), "cudaStreamSynchronize");
}

std::size_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return free;
}

std::shared_ptr<void> device_memory(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status =
      cudaMalloc(&memory, std::max<std::size_t>(bytes, 1));
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw OutOfMemory(concat("GPU: needs ", bytes / 1000000, " MB more and ",
                             free_bytes() / 1000000,
                             " MB are free; a smaller batch or image size "
                             "needs less"));
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
  // They end with the process: at its exit the driver may be gone already.
  static auto& small = *new SmallCopies;
  if (bytes > 0 && bytes <= kSmallCopy) {
    small.send(device, host, bytes);
    return;
  }
  copy(device, host, bytes, cudaMemcpyHostToDevice);
}

void download(void* host, const void* device, std::size_t bytes) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost);
}

}  // namespace lathe::cuda
