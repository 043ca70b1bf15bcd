#pragma once

#include <bit>

#include "core/cuda/launch.h"

namespace lathe::cuda {

/// kCount neighbouring elements, read and written at once; four floats are 16
/// bytes, the most that a thread can.
template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Vector {
  T values[kCount];

  __device__ T& operator[](int i) { return values[i]; }
  __device__ const T& operator[](int i) const { return values[i]; }
};

template <int kCount, class T>
__device__ Vector<T, kCount> load(const T* from) {
  return *reinterpret_cast<const Vector<T, kCount>*>(from);
}

template <class T, int kCount>
__device__ void store(const Vector<T, kCount>& values, T* to) {
  *reinterpret_cast<Vector<T, kCount>*>(to) = values;
}

/// What is stored as bfloat16 is float in registers.
template <int kCount>
__device__ Vector<float, kCount> load(const BFloat16* from) {
  const auto halves = *reinterpret_cast<const Vector<BFloat16, kCount>*>(from);
  Vector<float, kCount> values;
  for (int k = 0; k < kCount; ++k) values[k] = halves[k];
  return values;
}

template <int kCount>
__device__ void store(const Vector<float, kCount>& values, BFloat16* to) {
  Vector<BFloat16, kCount> halves;
  for (int k = 0; k < kCount; ++k) halves[k] = BFloat16(values[k]);
  *reinterpret_cast<Vector<BFloat16, kCount>*>(to) = halves;
}

/// Neighbouring elements as they are stored, which are made floats when they
/// are asked for and take fewer registers until then.
template <class T, int kCount>
struct StoredVector {
  Vector<T, kCount> values{};

  __device__ void read(const T* from) {
    values = *reinterpret_cast<const Vector<T, kCount>*>(from);
  }
  __device__ float operator[](int k) const { return values[k]; }
};

/// Two to a register, each of which becomes a float in one step.
template <int kCount>
requires(kCount % 2 == 0) struct StoredVector<BFloat16, kCount> {
  Vector<std::uint32_t, kCount / 2> pairs{};

  __device__ void read(const BFloat16* from) {
    pairs = std::bit_cast<Vector<std::uint32_t, kCount / 2>>(
        *reinterpret_cast<const Vector<BFloat16, kCount>*>(from));
  }
  __device__ float operator[](int k) const {
    const std::uint32_t pair = pairs[k / 2];
    return std::bit_cast<float>(k % 2 == 0 ? pair << 16 : pair & 0xFFFF0000U);
  }
};

inline constexpr int kVector = 4;

/// How many of a T are 16 bytes, for kernels whose threads need few registers.
template <class T>
inline constexpr int kWidest = 16 / static_cast<int>(sizeof(T));

/// kVector, or Work::kWidth where it has one.
template <class Work>
constexpr int width_of() {
  if constexpr (requires { Work::kWidth; }) {
    return Work::kWidth;
  } else {
    return kVector;
  }
}

/// Calls work.at<width_of<Work>()>(i) or work.at<1>(i) so that each of `count`
/// elements is in one call's [i, i + that many).
template <class Work>
__global__ void __launch_bounds__(kThreads)
    for_vectors_kernel(std::int64_t count, Work work) {
  constexpr int kWidth = width_of<Work>();
  wait_for_earlier_kernels();
  const std::int64_t vectors = count / kWidth;
  for (std::int64_t i = thread_index(); i < vectors; i += thread_total()) {
    work.template at<kWidth>(i * kWidth);
  }
  const std::int64_t rest = vectors * kWidth + thread_index();
  if (rest < count) work.template at<1>(rest);
}

/// Runs `work` over `count` elements on the device. Pointers in it are to be
/// aligned to as many elements as it takes at once.
template <class Work>
void for_vectors(const KernelArguments& call, std::int64_t count,
                 const Work& work) {
  Grid grid = grid_over(divide_up(count, width_of<Work>()));
  grid.starts_early = true;
  launch(call, grid, for_vectors_kernel<Work>, count, work);
}

}  // namespace lathe::cuda
