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

// What a target of 1 and one of 0 stand for, and what their losses weigh.
struct Truth {
  explicit Truth(const graph::LossOptions& options)
      : one(static_cast<float>(1 - options.label_smoothing / 2)),
        zero(static_cast<float>(options.label_smoothing / 2)),
        gamma(static_cast<float>(options.gamma)) {
    if (!options.class_weights.empty()) {
      weight_of_zero = options.class_weights[0];
      weight_of_one = options.class_weights[1];
    }
  }

  float one;
  float zero;
  float gamma;
  float weight_of_one = 1;
  float weight_of_zero = 1;
};

template <class Lanes>
HWY_INLINE IntVector load_targets(Lanes lanes, const std::uint8_t* t) {
  return lanes.load(t);
}
template <class Lanes>
HWY_INLINE IntVector load_targets(Lanes lanes, const std::int32_t* t) {
  return hn::BitCast(Ints(), lanes.load(reinterpret_cast<const float*>(t)));
}

// Loaded targets, as masks and as what they stand for.
template <class Target>
class Targets {
 public:
  HWY_INLINE explicit Targets(IntVector t)
      : one_(hn::RebindMask(Floats(), hn::Eq(t, hn::Set(Ints(), 1)))),
        ignored_(hn::RebindMask(
            Floats(), hn::Eq(t, hn::Set(Ints(), graph::ignored_target(
                                                    dtype_of<Target>))))) {}

  HWY_INLINE Vector select(float one, float zero) const {
    return hn::IfThenElse(one_, all(one), all(zero));
  }
  HWY_INLINE Vector value(const Truth& truth) const {
    return select(truth.one, truth.zero);
  }
  // A loss or a slope times the target's weight, zero where it is ignored.
  HWY_INLINE Vector weigh(const Truth& truth, Vector x) const {
    const Vector weight = select(truth.weight_of_one, truth.weight_of_zero);
    return hn::IfThenZeroElse(ignored_, hn::Mul(x, weight));
  }

 private:
  hn::Mask<Floats> one_;
  hn::Mask<Floats> ignored_;
};

// max(x, 0) - x t + log(1 + exp(-|x|))
HWY_INLINE Vector loss_of_logit(Vector x, Vector t) {
  const Vector zero = all(0);
  const Vector tail = hn::Log1p(Floats(), exp(hn::Neg(hn::Abs(x))));
  // An infinite x times 0 is not to be NaN.
  const Vector base = hn::Sub(
      hn::Max(x, zero), hn::IfThenElseZero(hn::Ne(t, zero), hn::Mul(x, t)));
  return unless_nan(x, hn::Add(base, tail));
}

// -t log(p) - (1 - t) log(1 - p)
HWY_INLINE Vector loss_of_probability(Vector p, Vector t) {
  const Vector q = hn::Min(hn::Max(p, all(kLow)), all(kHigh));
  const Vector one = all(1);
  const Vector sum =
      hn::MulAdd(t, log(q), hn::Mul(hn::Sub(one, t), log(hn::Sub(one, q))));
  return unless_nan(p, hn::Neg(sum));
}

HWY_INLINE Vector slope_of_logit(Vector x, Vector t) {
  return hn::Sub(sigmoid(x), t);
}

// (p - t) / (p (1 - p)), and zero beyond the bounds.
HWY_INLINE Vector slope_of_probability(Vector p, Vector t) {
  const Vector rest = hn::Sub(all(1), p);
  const Vector slope = hn::Div(hn::Sub(p, t), hn::Mul(p, rest));
  const auto beyond = hn::Or(hn::Lt(p, all(kLow)), hn::Gt(p, all(kHigh)));
  return hn::IfThenZeroElse(beyond, slope);
}

// (1 - q)^gamma with c = -log(q), and 1 - q; as core/reference/focal.h.
struct Focus {
  HWY_INLINE Focus(Vector c, float gamma)
      : rest(hn::Neg(hn::Expm1(Floats(), hn::Neg(c)))) {
    // A logarithm of 0 would be none; what is that small stays so.
    const Vector some = hn::Max(rest, all(1e-30F));
    factor = unless_nan(c, exp(hn::Mul(all(gamma), log(some))));
  }

  Vector rest;
  Vector factor;
};

template <bool kLogits>
HWY_INLINE Vector loss_of(const Truth& truth, Vector p, Vector t) {
  const Vector c = kLogits ? loss_of_logit(p, t) : loss_of_probability(p, t);
  if (truth.gamma == 0) return c;
  return hn::Mul(c, Focus(c, truth.gamma).factor);
}

template <bool kLogits>
HWY_INLINE Vector slope_of(const Truth& truth, Vector p, Vector t) {
  const Vector slope =
      kLogits ? slope_of_logit(p, t) : slope_of_probability(p, t);
  if (truth.gamma == 0) return slope;
  const Vector c = kLogits ? loss_of_logit(p, t) : loss_of_probability(p, t);
  const Focus focus(c, truth.gamma);
  const Vector one = all(1);
  const Vector ratio =
      hn::IfThenElse(hn::Gt(focus.rest, all(0)), hn::Div(c, focus.rest), one);
  const Vector more = hn::Mul(hn::Sub(one, focus.rest), ratio);
  return hn::Mul(hn::Mul(slope, focus.factor),
                 hn::MulAdd(all(truth.gamma), more, one));
}

// Summed in float64, since a float32 sum of many losses drifts.
template <bool kLogits, class Target>
double sum_losses(const Truth& truth, const float* p, const Target* t,
                  std::int64_t first, std::int64_t last) {
  constexpr std::int64_t kBlock = 1024;
  double total = 0;
  for (std::int64_t begin = first; begin < last; begin += kBlock) {
    Vector sum = all(0);
    for_vectors(begin, std::min(begin + kBlock, last),
                [&](auto lanes, std::int64_t i) HWY_ATTR {
                  const Targets<Target> targets(load_targets(lanes, t + i));
                  const Vector value = targets.value(truth);
                  const Vector loss =
                      loss_of<kLogits>(truth, lanes.load(p + i), value);
                  sum = hn::Add(sum, lanes.keep(targets.weigh(truth, loss)));
                });
    total += hn::GetLane(hn::SumOfLanes(Floats(), sum));
  }
  return total;
}

template <bool kLogits, class Target>
Kernel loss(const Truth& truth, std::int64_t count) {
  const Pieces pieces(count, kGrain);
  WorkspaceLayout workspace;
  const auto sums = workspace.add<double>(pieces.count);
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<Target>(1);
                double* sum = sums.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  sum[piece] = sum_losses<kLogits>(truth, p, t, first, last);
                });
                *arguments.output<float>(0) =
                    mean_of(pieces, sum,
                            counted(pieces, t, counts.in(arguments.workspace)));
              },
          .workspace_bytes = workspace.bytes()};
}

template <bool kLogits, class Target>
Kernel gradient(const Truth& truth, std::int64_t count) {
  const Pieces pieces(count, kGrain);
  WorkspaceLayout workspace;
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const float dloss = *arguments.input<float>(0);
            const auto* p = arguments.input<float>(1);
            const auto* t = arguments.input<Target>(2);
            auto* dp = arguments.output<float>(0);
            const auto total = static_cast<float>(
                counted(pieces, t, counts.in(arguments.workspace)));
            const float scale = dloss / std::max(total, 1.0F);
            parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
              const Targets<Target> targets(load_targets(lanes, t + i));
              const Vector value = targets.value(truth);
              const Vector slope =
                  slope_of<kLogits>(truth, lanes.load(p + i), value);
              lanes.store(hn::Mul(targets.weigh(truth, slope), all(scale)),
                          dp + i);
            });
          },
      .workspace_bytes = workspace.bytes()};
}

Kernel make_binary_crossentropy(const graph::BinaryCrossentropy& operation,
                                const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t count = signature.inputs[0].shape.elements();
  const Truth truth(operation.options);
  return with_target_type(signature.inputs[1].dtype, [&](auto type) {
    using Target = decltype(type);
    return operation.options.from_logits ? loss<true, Target>(truth, count)
                                         : loss<false, Target>(truth, count);
  });
}

Kernel make_binary_crossentropy_gradient(
    const graph::BinaryCrossentropyGradient& operation,
    const Signature& signature) {
  require_float32(operation.kName, signature.inputs[1]);
  const std::int64_t count = signature.inputs[1].shape.elements();
  const Truth truth(operation.options);
  return with_target_type(signature.inputs[2].dtype, [&](auto type) {
    using Target = decltype(type);
    return operation.options.from_logits
               ? gradient<true, Target>(truth, count)
               : gradient<false, Target>(truth, count);
  });
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
