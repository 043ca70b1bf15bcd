#pragma once

#include "core/cuda/launch.h"

namespace lathe::cuda {

/// kFewBlocks for work that says kOfFewBlocks.
template <class Work>
constexpr int blocks_of() {
  if constexpr (requires { Work::kOfFewBlocks; }) return kFewBlocks;
  return 0;
}

template <class Work>
__global__ void __launch_bounds__(kThreads, blocks_of<Work>())
    for_each_kernel(std::uint32_t count, Work work) {
  wait_for_earlier_kernels();
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    work(i);
  }
}

/// Calls work(i) on the device for each i below `count`, which is below 2^31.
template <class Work>
void for_each(const KernelArguments& call, std::int64_t count,
              const Work& work) {
  Grid grid = grid_over(count);
  grid.starts_early = true;
  launch(call, grid, for_each_kernel<Work>, static_cast<std::uint32_t>(count),
         work);
}

}  // namespace lathe::cuda
