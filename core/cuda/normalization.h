#pragma once

#include <cmath>

#include "core/cuda/columns.h"

namespace lathe::cuda {

/// What each channel is normalised by. `beta` may be null, for zeros.
struct ChannelStatistics {
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* variance;
  float epsilon;
};

/// The same of kCount channels, ready to use.
template <int kCount>
struct ChannelFactors {
  Vector<float, kCount> mean;
  Vector<float, kCount> inverse;  // 1 / sqrt(variance + epsilon)
  Vector<float, kCount> scale;    // gamma inverse
  Vector<float, kCount> beta;

  __device__ ChannelFactors(const ChannelStatistics& all, std::int64_t channel)
      : mean(load<kCount>(all.mean + channel)),
        inverse(load<kCount>(all.variance + channel)),
        scale(load<kCount>(all.gamma + channel)),
        beta{} {
    if (all.beta != nullptr) beta = load<kCount>(all.beta + channel);
    for (int k = 0; k < kCount; ++k) {
      inverse[k] = 1 / std::sqrt(inverse[k] + all.epsilon);
      scale[k] *= inverse[k];
    }
  }

  __device__ float normalized(float x, int k) const {
    return (x - mean[k]) * inverse[k];
  }
  /// What the activation is of.
  __device__ float scaled(float x, int k) const {
    return (x - mean[k]) * scale[k] + beta[k];
  }
};

/// Calls make_kernel(rows, columns, vector size as a type's value) for a tensor
/// (..., C) in vectors of channels.
template <class Make>
Kernel with_channels(const Shape& shape, Make make_kernel) {
  const std::int64_t channels = shape.back();
  const std::int64_t rows =
      shape.elements() / std::max<std::int64_t>(channels, 1);
  return channels % kVector == 0
             ? make_kernel(rows, channels / kVector,
                           std::integral_constant<int, kVector>{})
             : make_kernel(rows, channels, std::integral_constant<int, 1>{});
}

/// For passes that write a tensor: a thread has some rows, so that what it
/// prepares for its channels is worth it.
inline Columns columns_to_write(std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t kGroup = 4;
  return {rows, columns, std::int64_t{multiprocessors()} * 32, kGroup};
}

}  // namespace lathe::cuda
