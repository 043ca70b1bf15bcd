#pragma once

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

inline constexpr int kVector = 4;

/// Calls work.at<kVector>(i) or work.at<1>(i) so that each of `count` elements
/// is in one call's [i, i + that many).
template <class Work>
__global__ void __launch_bounds__(kThreads)
    for_vectors_kernel(std::int64_t count, Work work) {
  const std::int64_t vectors = count / kVector;
  for (std::int64_t i = thread_index(); i < vectors; i += thread_total()) {
    work.template at<kVector>(i * kVector);
  }
  const std::int64_t rest = vectors * kVector + thread_index();
  if (rest < count) work.template at<1>(rest);
}

/// Runs `work` over `count` elements on the device. Pointers in it are to be
/// aligned to kVector elements.
template <class Work>
void for_vectors(const KernelArguments& call, std::int64_t count,
                 const Work& work) {
  launch(call, grid_over(divide_up(count, kVector)), for_vectors_kernel<Work>,
         count, work);
}

}  // namespace lathe::cuda
