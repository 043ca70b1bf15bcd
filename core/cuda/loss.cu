#include "core/cuda/divisor.h"
#include "core/cuda/targets.h"
#include "core/graph/operations/loss.h"
#include "core/reference/activation.h"
#include "core/reference/targets.h"

// Sums in two stages and a fixed order. A gradient first counts the targets.
namespace lathe::cuda {
namespace {

using reference::kHighest;
using reference::kLowest;

// What a target of 0 or 1 stands for.
__device__ float smoothed(const LossParameters& options, std::int32_t t) {
  return static_cast<float>(t) * (1 - options.smoothing) +
         options.smoothing / 2;
}

template <class T>
__device__ T loss_of(bool from_logits, T p, T t) {
  if (from_logits) {
    // Not std::max, which would drop NaN.
    return (p < 0 ? 0 : p) - p * t + std::log1p(std::exp(-std::abs(p)));
  }
  const T q = p < kLowest<T> ? kLowest<T> : p > kHighest<T> ? kHighest<T> : p;
  return -t * std::log(q) - (1 - t) * std::log1p(-q);
}

template <class T>
__device__ T slope_of(bool from_logits, T p, T t) {
  if (from_logits) return reference::sigmoid(p) - t;
  if (p < kLowest<T> || p > kHighest<T>) return 0;
  return (p - t) / (p * (1 - p));
}

template <class T, class Id>
__global__ void __launch_bounds__(kThreads)
    sum_losses(LossParameters options, std::int64_t count, const T* p,
               Targets<Id> targets, Share* shares) {
  Share own;
  for (std::int64_t i = thread_index(); i < count; i += thread_total()) {
    if (targets.ignored(i)) continue;
    const std::int32_t t = targets.at(i);
    own.counted += 1;
    own.total += options.weight(t) *
                 options.focused(loss_of<T>(options.from_logits, p[i],
                                            smoothed(options, t)));
  }
  const Share sum = block_share(own);
  if (threadIdx.x == 0) shares[blockIdx.x] = sum;
}

template <class Id>
__global__ void __launch_bounds__(kThreads)
    count_targets(std::int64_t count, Targets<Id> targets, Share* shares) {
  Share own;
  for (std::int64_t i = thread_index(); i < count; i += thread_total()) {
    if (!targets.ignored(i)) own.counted += 1;
  }
  const Share sum = block_share(own);
  if (threadIdx.x == 0) shares[blockIdx.x] = sum;
}

template <class T, class Id>
__global__ void __launch_bounds__(kThreads)
    write_slopes(LossParameters options, std::int64_t count, const T* dloss,
                 const T* p, Targets<Id> targets, const Share* shares,
                 unsigned share_count, T* dp) {
  const Share sum = sum_shares(shares, share_count);
  const auto scale = static_cast<T>(*dloss / sum.counted);
  for (std::int64_t i = thread_index(); i < count; i += thread_total()) {
    const std::int32_t t = targets.at(i);
    const T truth = smoothed(options, t);
    T slope = slope_of<T>(options.from_logits, p[i], truth);
    if (options.gamma != 0) {
      slope *= reference::focal_slope(
          loss_of<T>(options.from_logits, p[i], truth), options.gamma);
    }
    dp[i] = targets.ignored(i) ? 0 : scale * options.weight(t) * slope;
  }
}

template <class Id>
Kernel loss(const graph::LossOptions& options, std::int64_t count) {
  const unsigned blocks = loss_blocks(count);
  return {
      .run =
          [=, parameters = DeviceLoss(options)](const KernelArguments& call) {
            auto* shares = static_cast<Share*>(call.workspace);
            const Targets<Id> targets{call.input<Id>(1)};
            launch(call, {.blocks = blocks, .shared_bytes = kShareScratch},
                   sum_losses<float, Id>, parameters.get(), count,
                   call.input<float>(0), targets, shares);
            launch(call, {.blocks = 1, .shared_bytes = kShareScratch},
                   write_mean<float>, shares, blocks, call.output<float>(0));
          },
      .workspace_bytes = blocks * sizeof(Share)};
}

template <class Id>
Kernel gradient(const graph::LossOptions& options, std::int64_t count) {
  const unsigned blocks = loss_blocks(count);
  Grid grid = grid_over(count);
  grid.shared_bytes = kShareScratch;
  return {
      .run =
          [=, parameters = DeviceLoss(options)](const KernelArguments& call) {
            auto* shares = static_cast<Share*>(call.workspace);
            const Targets<Id> targets{call.input<Id>(2)};
            launch(call, {.blocks = blocks, .shared_bytes = kShareScratch},
                   count_targets<Id>, count, targets, shares);
            launch(call, grid, write_slopes<float, Id>, parameters.get(), count,
                   call.input<float>(0), call.input<float>(1), targets, shares,
                   blocks, call.output<float>(0));
          },
      .workspace_bytes = blocks * sizeof(Share)};
}

}  // namespace

Kernel make(const graph::BinaryCrossentropy& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t count = signature.inputs[0].shape.elements();
  return signature.inputs[1].dtype == DType::uint8
             ? loss<std::uint8_t>(operation.options, count)
             : loss<std::int32_t>(operation.options, count);
}

Kernel make(const graph::BinaryCrossentropyGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[1]);
  const std::int64_t count = signature.inputs[1].shape.elements();
  return signature.inputs[2].dtype == DType::uint8
             ? gradient<std::uint8_t>(operation.options, count)
             : gradient<std::int32_t>(operation.options, count);
}

}  // namespace lathe::cuda
