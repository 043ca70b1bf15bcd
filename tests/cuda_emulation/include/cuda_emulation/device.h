#pragma once

// What kernels see: qualifiers, places in the grid, barriers, warps, atomics.

#include <cuda_emulation/vector_types.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
// Only what lathe::cuda::shared_memory declares is shared; anything else would
// be each thread's own, which a test sees.
#define __shared__

/// Of the thread that runs.
extern uint3 threadIdx;
extern uint3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;
inline constexpr int warpSize = 32;

namespace lathe::cuda {

/// What shared_memory() in core/cuda/launch.h declares: as much as a block can
/// have on sm_90, and a margin that must stay as it is.
inline constexpr std::size_t kSharedBytes = 227 * 1024;
inline constexpr std::size_t kSharedMargin = 1024;
extern float4
    dynamic_shared_memory[(kSharedBytes + kSharedMargin) / sizeof(float4)];

}  // namespace lathe::cuda

namespace cuda_emulation {

using LaneValues = std::array<std::uint64_t, 32>;

/// Waits for all threads of the block.
void block_barrier();
/// Adds `value` to those of all threads of the block.
int block_sum(int value);
/// Waits for the lanes of `mask` to call this with the same `mask` and `what`,
/// each with a value of its own; gives the values of all.
const LaneValues& exchange(unsigned mask, std::uint64_t value,
                           const char* what);
int lane();
/// Until earlier kernels have ended.
void wait_for_earlier();
/// Ends the launch with an error.
[[noreturn]] void fail_in_kernel(const char* message);

template <class T>
T shuffle(unsigned mask, T value, int source, const char* what) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  const LaneValues& values = exchange(mask, bits, what);
  if ((mask >> source & 1) == 0) {
    fail_in_kernel("a shuffle reads a lane that is not in its mask");
  }
  std::memcpy(&value, &values[static_cast<std::size_t>(source)], sizeof(T));
  return value;
}

}  // namespace cuda_emulation

inline void __syncthreads() {
  cuda_emulation::block_barrier();
}
inline int __syncthreads_count(int predicate) {
  return cuda_emulation::block_sum(predicate != 0 ? 1 : 0);
}
inline int __syncthreads_or(int predicate) {
  return __syncthreads_count(predicate) != 0;
}
inline int __syncthreads_and(int predicate) {
  return __syncthreads_count(predicate == 0 ? 1 : 0) == 0;
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFF) {
  cuda_emulation::exchange(mask, 0, "__syncwarp");
}
inline void cudaGridDependencySynchronize() {
  cuda_emulation::wait_for_earlier();
}
inline void cudaTriggerProgrammaticLaunchCompletion() {}
inline void __threadfence() {}
inline void __threadfence_block() {}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const int first = cuda_emulation::lane() & ~(width - 1);
  return cuda_emulation::shuffle(mask, value, first + (source & (width - 1)),
                                 "__shfl_sync");
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int other, int width = 32) {
  const int lane = cuda_emulation::lane();
  const int source = lane ^ other;
  const bool beyond = source >= (lane & ~(width - 1)) + width;
  return cuda_emulation::shuffle(mask, value, beyond ? lane : source,
                                 "__shfl_xor_sync");
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuda_emulation::lane();
  const int source = lane + static_cast<int>(delta);
  const bool beyond = source >= (lane & ~(width - 1)) + width;
  return cuda_emulation::shuffle(mask, value, beyond ? lane : source,
                                 "__shfl_down_sync");
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
  const int lane = cuda_emulation::lane();
  const int source = lane - static_cast<int>(delta);
  const bool beyond = source < (lane & ~(width - 1));
  return cuda_emulation::shuffle(mask, value, beyond ? lane : source,
                                 "__shfl_up_sync");
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
  const auto& values =
      cuda_emulation::exchange(mask, predicate != 0 ? 1 : 0, "__ballot_sync");
  unsigned result = 0;
  for (unsigned i = 0; i < 32; ++i) {
    if ((mask >> i & 1) != 0 && values[i] != 0) result |= 1U << i;
  }
  return result;
}
inline int __any_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) == mask;
}

// Threads change places only at barriers, so nothing comes between.
template <class T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = old + value;
  return old;
}
template <class T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = std::max(old, value);
  return old;
}
template <class T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = std::min(old, value);
  return old;
}
template <class T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = old | value;
  return old;
}
template <class T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  const T old = *address;
  *address = value;
  return old;
}
template <class T>
T atomicCAS(T* address, std::type_identity_t<T> compare,
            std::type_identity_t<T> value) {
  const T old = *address;
  if (old == compare) *address = value;
  return old;
}

template <class T>
T __ldg(const T* address) {
  return *address;
}

inline float __expf(float x) {
  return std::exp(x);
}
inline float __logf(float x) {
  return std::log(x);
}
inline float __fdividef(float x, float y) {
  return x / y;
}
inline float rsqrtf(float x) {
  return 1 / std::sqrt(x);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((std::uint64_t{a} * b) >> 32);
}
inline int __popc(unsigned x) {
  return std::popcount(x);
}
inline int __ffs(int x) {
  return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1;
}
inline int __clz(int x) {
  return std::countl_zero(static_cast<unsigned>(x));
}
inline unsigned __float_as_uint(float x) {
  return std::bit_cast<unsigned>(x);
}
inline float __uint_as_float(unsigned x) {
  return std::bit_cast<float>(x);
}
