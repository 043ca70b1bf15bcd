// Crossentropies of one row of predictions. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_CLASS_TRUTH_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_CLASS_TRUTH_H_
#undef LATHE_CORE_CPU_CLASS_TRUTH_H_
#else
#define LATHE_CORE_CPU_CLASS_TRUTH_H_
#endif

#include <cmath>

#include "core/cpu/class_rows.h"
#include "core/graph/operations/loss.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Keras' bounds of a probability.
inline constexpr auto kLow = static_cast<float>(1e-7);
inline constexpr auto kHigh = static_cast<float>(1 - 1e-7);

/// A target's share t becomes keep t + low.
struct Smoothing {
  Smoothing(const graph::LossOptions& options, std::int64_t classes)
      : keep(static_cast<float>(1 - options.label_smoothing)),
        low(static_cast<float>(options.label_smoothing /
                               static_cast<double>(classes))) {}
  float keep;
  float low;
};

/// sum(share(lanes, c) over the classes)
template <class F>
HWY_INLINE float sum_of(std::int64_t classes, F&& share) {
  Vector sum = all(0);
  for_vectors(0, classes, [&](auto lanes, std::int64_t c) HWY_ATTR {
    sum = hn::Add(sum, lanes.keep(share(lanes, c)));
  });
  return hn::GetLane(hn::SumOfLanes(Floats(), sum));
}

HWY_INLINE Vector clipped(Vector q) {
  return unless_nan(q, hn::Min(hn::Max(q, all(kLow)), all(kHigh)));
}

HWY_INLINE hn::Mask<Floats> beyond(Vector q) {
  return hn::Or(hn::Lt(q, all(kLow)), hn::Gt(q, all(kHigh)));
}

/// A row whose target is one class.
class OneClass {
 public:
  OneClass(std::int64_t t, Smoothing smoothing)
      : t_(t), keep_(smoothing.keep), low_(smoothing.low) {}

  double loss_of_logits(const float* p, std::int64_t classes,
                        float* room) const {
    const auto e = exponentials(p, classes, room);
    double picked = static_cast<double>(keep_) * p[t_];
    if (low_ != 0) {
      picked += static_cast<double>(low_) * row_sum(p, classes);
    }
    return static_cast<double>(std::log(e.sum)) + e.largest - picked;
  }

  double loss_of_probabilities(const float* p, std::int64_t classes) const {
    const float sum = row_sum(p, classes);
    const auto likelihood = [sum](float x) {
      return std::log(std::clamp(x / sum, kLow, kHigh));
    };
    double loss = -keep_ * likelihood(p[t_]);
    if (low_ != 0) {
      for (std::int64_t c = 0; c < classes; ++c) {
        loss -= low_ * likelihood(p[c]);
      }
    }
    return loss;
  }

  // scale (softmax(p) - share)
  void slope_of_logits(const float* p, std::int64_t classes, float scale,
                       float* dp) const {
    const float factor = scale / exponentials(p, classes, dp).sum;
    const float low = scale * low_;
    for_vectors(0, classes, [=](auto lanes, std::int64_t c) HWY_ATTR {
      lanes.store(hn::MulSub(lanes.load(dp + c), all(factor), all(low)),
                  dp + c);
    });
    dp[t_] -= scale * keep_;
  }

  // scale (sum(share) / sum(p) - share / p), without the shares beyond the
  // bounds
  void slope_of_probabilities(const float* p, std::int64_t classes, float scale,
                              float* dp) const {
    const float sum = row_sum(p, classes);
    const auto share = [this, p, sum](std::int64_t c) {
      const float q = p[c] / sum;
      if (q < kLow || q > kHigh) return 0.0F;
      return low_ + (c == t_ ? keep_ : 0);
    };
    float total = share(t_);
    if (low_ != 0) {
      total = 0;
      for (std::int64_t c = 0; c < classes; ++c) total += share(c);
    }
    std::fill_n(dp, classes, scale * total / sum);
    const auto take = [=](std::int64_t c) {
      const float here = share(c);
      if (here != 0) dp[c] -= scale * here / p[c];
    };
    if (low_ == 0) {
      take(t_);
    } else {
      for (std::int64_t c = 0; c < classes; ++c) take(c);
    }
  }

 private:
  std::int64_t t_;
  float keep_;
  float low_;
};

/// A row whose target is a distribution.
class Distribution {
 public:
  Distribution(const float* t, Smoothing smoothing)
      : t_(t), smoothing_(smoothing) {}

  double loss_of_logits(const float* p, std::int64_t classes,
                        float* room) const {
    const auto e = exponentials(p, classes, room);
    const double logarithm = static_cast<double>(std::log(e.sum)) + e.largest;
    const float picked =
        sum_of(classes, [this, p](auto lanes, std::int64_t c) HWY_ATTR {
          return hn::Mul(share(lanes, c), lanes.load(p + c));
        });
    return logarithm * total(classes) - picked;
  }

  double loss_of_probabilities(const float* p, std::int64_t classes) const {
    const float sum = row_sum(p, classes);
    return -sum_of(
        classes, [this, p, sum](auto lanes, std::int64_t c) HWY_ATTR {
          const Vector q = clipped(hn::Div(lanes.load(p + c), all(sum)));
          return hn::Mul(share(lanes, c), log(q));
        });
  }

  void slope_of_logits(const float* p, std::int64_t classes, float scale,
                       float* dp) const {
    const float sum = exponentials(p, classes, dp).sum;
    const float factor = scale * total(classes) / sum;
    for_vectors(0, classes,
                [this, dp, scale, factor](auto lanes, std::int64_t c) HWY_ATTR {
                  const Vector taken = hn::Mul(share(lanes, c), all(scale));
                  lanes.store(
                      hn::MulSub(lanes.load(dp + c), all(factor), taken),
                      dp + c);
                });
  }

  void slope_of_probabilities(const float* p, std::int64_t classes, float scale,
                              float* dp) const {
    const float sum = row_sum(p, classes);
    const auto inside = [this, p, sum](auto lanes, std::int64_t c) HWY_ATTR {
      const Vector q = hn::Div(lanes.load(p + c), all(sum));
      return hn::IfThenZeroElse(beyond(q), share(lanes, c));
    };
    const float common = scale * sum_of(classes, inside) / sum;
    for_vectors(
        0, classes,
        [inside, p, dp, scale, common](auto lanes, std::int64_t c) HWY_ATTR {
          const Vector here = inside(lanes, c);
          const Vector taken = hn::IfThenElseZero(
              hn::Ne(here, all(0)), hn::Div(here, lanes.load(p + c)));
          lanes.store(hn::NegMulAdd(taken, all(scale), all(common)), dp + c);
        });
  }

 private:
  template <class Lanes>
  HWY_INLINE Vector share(Lanes lanes, std::int64_t c) const {
    return hn::MulAdd(lanes.load(t_ + c), all(smoothing_.keep),
                      all(smoothing_.low));
  }
  float total(std::int64_t classes) const {
    return sum_of(classes, [this](auto lanes, std::int64_t c)
                               HWY_ATTR { return share(lanes, c); });
  }

  const float* t_;
  Smoothing smoothing_;
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
