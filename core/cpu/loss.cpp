#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/loss.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kGrain = 4096;
// Keras' bounds of a probability.
constexpr auto kLow = static_cast<float>(1e-7);
constexpr auto kHigh = static_cast<float>(1 - 1e-7);

// A target of 1 and one to ignore, as masks.
HWY_INLINE auto is_one(IntVector t) {
  return hn::RebindMask(Floats(), hn::Eq(t, hn::Set(Ints(), 1)));
}
HWY_INLINE auto is_ignored(IntVector t) {
  return hn::RebindMask(Floats(),
                        hn::Eq(t, hn::Set(Ints(), graph::kIgnoredTarget)));
}

// max(x, 0) - x t + log(1 + exp(-|x|))
HWY_INLINE Vector loss_of_logit(Vector x, IntVector t) {
  const Vector zero = all(0);
  const Vector tail = hn::Log1p(Floats(), exp(hn::Neg(hn::Abs(x))));
  const Vector base =
      hn::Sub(hn::Max(x, zero), hn::IfThenElseZero(is_one(t), x));
  return unless_nan(x, hn::Add(base, tail));
}

HWY_INLINE Vector loss_of_probability(Vector p, IntVector t) {
  const Vector q = hn::Min(hn::Max(p, all(kLow)), all(kHigh));
  const Vector likelihood = hn::IfThenElse(is_one(t), q, hn::Sub(all(1), q));
  return unless_nan(p, hn::Neg(log(likelihood)));
}

HWY_INLINE Vector slope_of_logit(Vector x, IntVector t) {
  return hn::Sub(sigmoid(x), hn::IfThenElseZero(is_one(t), all(1)));
}

// (p - t) / (p (1 - p)), and zero beyond the bounds.
HWY_INLINE Vector slope_of_probability(Vector p, IntVector t) {
  const Vector one = all(1);
  const Vector slope = hn::Sub(
      hn::Div(one, hn::Sub(one, p)),
      hn::IfThenElseZero(is_one(t), hn::Div(one, hn::Mul(p, hn::Sub(one, p)))));
  const auto beyond = hn::Or(hn::Lt(p, all(kLow)), hn::Gt(p, all(kHigh)));
  return hn::IfThenZeroElse(beyond, slope);
}

// Summed in float64, since a float32 sum of many losses drifts.
template <bool kLogits>
double sum_losses(const float* p, const std::uint8_t* t, std::int64_t first,
                  std::int64_t last) {
  constexpr std::int64_t kBlock = 1024;
  double total = 0;
  for (std::int64_t begin = first; begin < last; begin += kBlock) {
    Vector sum = all(0);
    for_vectors(begin, std::min(begin + kBlock, last),
                [&](auto lanes, std::int64_t i) HWY_ATTR {
                  const IntVector target = lanes.load(t + i);
                  const Vector x = lanes.load(p + i);
                  const Vector loss = kLogits ? loss_of_logit(x, target)
                                              : loss_of_probability(x, target);
                  sum = hn::Add(sum, lanes.keep(hn::IfThenZeroElse(
                                         is_ignored(target), loss)));
                });
    total += hn::GetLane(hn::SumOfLanes(Floats(), sum));
  }
  return total;
}

template <bool kLogits>
Kernel loss(std::int64_t count) {
  const Pieces pieces(count, kGrain);
  WorkspaceLayout workspace;
  const auto sums = workspace.add<double>(pieces.count);
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<std::uint8_t>(1);
                double* sum = sums.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  sum[piece] = sum_losses<kLogits>(p, t, first, last);
                });
                *arguments.output<float>(0) =
                    mean_of(pieces, sum,
                            counted(pieces, t, counts.in(arguments.workspace)));
              },
          .workspace_bytes = workspace.bytes()};
}

template <bool kLogits>
Kernel gradient(std::int64_t count) {
  const Pieces pieces(count, kGrain);
  WorkspaceLayout workspace;
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const float dloss = *arguments.input<float>(0);
            const auto* p = arguments.input<float>(1);
            const auto* t = arguments.input<std::uint8_t>(2);
            auto* dp = arguments.output<float>(0);
            const auto total = static_cast<float>(
                counted(pieces, t, counts.in(arguments.workspace)));
            const float scale = dloss / std::max(total, 1.0F);
            parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
              const IntVector target = lanes.load(t + i);
              const Vector x = lanes.load(p + i);
              const Vector slope = kLogits ? slope_of_logit(x, target)
                                           : slope_of_probability(x, target);
              const Vector kept = hn::IfThenZeroElse(is_ignored(target), slope);
              lanes.store(hn::Mul(kept, all(scale)), dp + i);
            });
          },
      .workspace_bytes = workspace.bytes()};
}

Kernel make_binary_crossentropy(const graph::BinaryCrossentropy& operation,
                                const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t count = signature.inputs[0].shape.elements();
  return operation.from_logits ? loss<true>(count) : loss<false>(count);
}

Kernel make_binary_crossentropy_gradient(
    const graph::BinaryCrossentropyGradient& operation,
    const Signature& signature) {
  require_float32(operation.kName, signature.inputs[1]);
  const std::int64_t count = signature.inputs[1].shape.elements();
  return operation.from_logits ? gradient<true>(count) : gradient<false>(count);
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(BinaryCrossentropy, make_binary_crossentropy)
LATHE_CPU_KERNEL(BinaryCrossentropyGradient, make_binary_crossentropy_gradient)
}  // namespace lathe::cpu
#endif
