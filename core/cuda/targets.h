#pragma once

#include <vector>

#include "core/cuda/memory.h"
#include "core/cuda/rows.h"
#include "core/graph/operations/loss.h"
#include "core/reference/focal.h"

namespace lathe::cuda {

/// LossOptions for kernels. The weights lie in device memory.
struct LossParameters {
  bool from_logits = false;
  float smoothing = 0;
  float gamma = 0;
  const float* class_weights = nullptr;

  __device__ float weight(std::int64_t id) const {
    return class_weights == nullptr ? 1 : class_weights[id];
  }
  __device__ float focused(float loss) const {
    return gamma == 0 ? loss : loss * reference::focal_factor(loss, gamma);
  }
};

/// LossOptions with their weights on the device.
class DeviceLoss {
 public:
  explicit DeviceLoss(const graph::LossOptions& options)
      : from_logits_(options.from_logits),
        smoothing_(static_cast<float>(options.label_smoothing)),
        gamma_(static_cast<float>(options.gamma)),
        class_weights_(weights_of(options)) {}

  LossParameters get() const {
    return {.from_logits = from_logits_,
            .smoothing = smoothing_,
            .gamma = gamma_,
            .class_weights = static_cast<const float*>(class_weights_.get())};
  }

 private:
  static std::shared_ptr<void> weights_of(const graph::LossOptions& options) {
    const std::vector<float>& weights = options.class_weights;
    if (weights.empty()) return nullptr;
    const std::size_t bytes = weights.size() * sizeof(float);
    auto memory = device_memory(bytes);
    upload(memory.get(), weights.data(), bytes);
    return memory;
  }

  bool from_logits_;
  float smoothing_;
  float gamma_;
  std::shared_ptr<void> class_weights_;
};

/// Class ids, uint8 or int32.
template <class Id>
struct Targets {
  const Id* ids;

  __device__ std::int32_t at(std::int64_t i) const { return ids[i]; }
  __device__ bool ignored(std::int64_t i) const {
    return at(i) == graph::ignored_target(dtype_of<Id>);
  }
};

/// How many blocks sum a loss: a number that doesn't depend on the device, so
/// that the sum doesn't either.
inline unsigned loss_blocks(std::int64_t lanes) {
  constexpr std::int64_t kMost = 512;
  return static_cast<unsigned>(std::clamp<std::int64_t>(
      divide_up(lanes, std::int64_t{4} * kThreads), 1, kMost));
}

/// What a block adds to a mean.
struct Share {
  double total = 0;
  double counted = 0;

  __device__ friend Share operator+(Share a, Share b) {
    return {a.total + b.total, a.counted + b.counted};
  }
};

/// The shares of all threads of the block, in every thread. Takes shared memory
/// for a double of each warp.
__device__ inline Share block_share(const Share& own) {
  auto* scratch = &shared_memory<double>();
  return {block_reduce(own.total, Plus{}, scratch),
          block_reduce(own.counted, Plus{}, scratch)};
}

/// The sum of so many shares, in every thread of the block.
__device__ inline Share sum_shares(const Share* shares, unsigned count) {
  Share own;
  for (unsigned i = threadIdx.x; i < count; i += kThreads) {
    own = own + shares[i];
  }
  return block_share(own);
}

inline constexpr std::size_t kShareScratch = kThreads / 32 * sizeof(double);

template <class T>
__global__ void __launch_bounds__(kThreads)
    write_mean(const Share* shares, unsigned count, T* loss) {
  const Share sum = sum_shares(shares, count);
  if (threadIdx.x == 0) {
    *loss = static_cast<T>(sum.counted == 0 ? 0 : sum.total / sum.counted);
  }
}

}  // namespace lathe::cuda
