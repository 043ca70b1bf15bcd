#pragma once

#include <algorithm>
#include <cstdint>

#include "core/cuda/runtime.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Threads of a block where nothing asks for another number.
inline constexpr unsigned kThreads = 256;

/// How many blocks a multiprocessor has to hold of kernels that ptxas makes
/// spill some registers for one block more, where it does, which isn't on
/// Hopper; 0 leaves it to ptxas.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ != 900
inline constexpr int kFewBlocks = 2;
#else
inline constexpr int kFewBlocks = 0;
#endif

/// How many blocks of how many threads, with so much shared memory each.
struct Grid {
  dim3 blocks;
  dim3 threads = kThreads;
  std::size_t shared_bytes = 0;
  /// Blocks may take their places while the kernel before ends: each thread
  /// calls wait_for_earlier_kernels() before it touches memory.
  bool starts_early = false;
};

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// A thread for each of `count` pieces of work, or where there are many as many
/// threads as keep the device busy, which then go through them in strides.
inline Grid grid_over(std::int64_t count) {
  // A multiprocessor holds 8 blocks of 256 threads at once; some waves even
  // out their times.
  const std::int64_t most = std::int64_t{multiprocessors()} * 32;
  return {.blocks = static_cast<unsigned>(
              std::min(divide_up(count, kThreads), most))};
}

/// Runs a kernel in the stream of `call`. Every kernel is started here. A grid
/// of no blocks does nothing.
template <class... Parameters, class... Arguments>
void launch(const KernelArguments& call, const Grid& grid,
            void (*kernel)(Parameters...), const Arguments&... arguments) {
  const dim3& blocks = grid.blocks;
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  cudaLaunchConfig_t config{};
  config.gridDim = grid.blocks;
  config.blockDim = grid.threads;
  config.dynamicSmemBytes = grid.shared_bytes;
  config.stream = static_cast<cudaStream_t>(call.stream);
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  if (grid.starts_early && can_start_early()) {
    config.attrs = &early;
    config.numAttrs = 1;
  }
  check(cudaLaunchKernelEx(&config, kernel, arguments...),
        "cudaLaunchKernelEx");
}

/// Until all that earlier kernels have written is there. The next kernel may
/// take its places from here on.
__device__ inline void wait_for_earlier_kernels() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  cudaGridDependencySynchronize();
  cudaTriggerProgrammaticLaunchCompletion();
#endif
}

/// The shared memory of a block, as one T. All kernels take it from here: its
/// size is Grid::shared_bytes, and its contents are undefined at the start.
template <class T>
__device__ T& shared_memory() {
  extern __shared__ float4 dynamic_shared_memory[];
  return *reinterpret_cast<T*>(dynamic_shared_memory);
}

/// The number of this thread in the grid, and of all threads in it, along x.
__device__ inline std::int64_t thread_index() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t thread_total() {
  return std::int64_t{gridDim.x} * blockDim.x;
}

}  // namespace lathe::cuda
