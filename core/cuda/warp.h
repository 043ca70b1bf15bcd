#pragma once

#include "core/cuda/launch.h"

namespace lathe::cuda {

inline constexpr unsigned kAllLanes = 0xFFFFFFFF;

struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

/// The larger one; NaN where one is NaN.
struct Larger {
  __device__ float operator()(float a, float b) const {
    return a > b || a != a ? a : b;
  }
};

/// Joins the values of each group of `width` neighbouring lanes, a power of
/// two, always in the same order; all of them get the result. Every lane of the
/// warp takes part.
template <class T, class Join>
__device__ T warp_reduce(T value, Join join, int width = 32) {
  for (int distance = width / 2; distance > 0; distance /= 2) {
    value = join(value, __shfl_xor_sync(kAllLanes, value, distance));
  }
  return value;
}

/// Joins the values of all kThreads threads of a block, always in the same
/// order; all of them get the result. Every thread of the block takes part, and
/// `scratch` is shared memory for a value of each warp.
template <class T, class Join>
__device__ T block_reduce(T value, Join join, T* scratch) {
  constexpr unsigned kWarps = kThreads / 32;
  value = warp_reduce(value, join);
  // What an earlier call left there may still be read.
  __syncthreads();
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
  __syncthreads();
  T result = scratch[0];
  for (unsigned i = 1; i < kWarps; ++i) result = join(result, scratch[i]);
  return result;
}

}  // namespace lathe::cuda
