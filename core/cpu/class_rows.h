// Rows of one number a class. Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_CLASS_ROWS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_CLASS_ROWS_H_
#undef LATHE_CORE_CPU_CLASS_ROWS_H_
#else
#define LATHE_CORE_CPU_CLASS_ROWS_H_
#endif

#include <limits>

#include "core/cpu/functions.h"
#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Rows that are worth a task.
inline std::int64_t row_grain(std::int64_t classes) {
  constexpr std::int64_t kGrain = 4096;
  return (kGrain + classes - 1) / classes;
}

HWY_INLINE float row_sum(const float* x, std::int64_t classes) {
  Vector sum = all(0);
  for_vectors(0, classes, [&](auto lanes, std::int64_t c) HWY_ATTR {
    sum = hn::Add(sum, lanes.load(x + c));
  });
  return hn::GetLane(hn::SumOfLanes(Floats(), sum));
}

struct Exponentials {
  float largest;  ///< of x
  float sum;      ///< of exp(x - largest)
};

/// y = exp(x - largest x); y may be x.
HWY_INLINE Exponentials exponentials(const float* x, std::int64_t classes,
                                     float* y) {
  const Vector least = all(-std::numeric_limits<float>::infinity());
  Vector high = least;
  for_vectors(0, classes, [&](auto lanes, std::int64_t c) HWY_ATTR {
    high = hn::Max(high, lanes.keep_or(lanes.load(x + c), least));
  });
  const Vector largest = hn::MaxOfLanes(Floats(), high);
  Vector sum = all(0);
  for_vectors(0, classes, [&](auto lanes, std::int64_t c) HWY_ATTR {
    const Vector e = exp(hn::Sub(lanes.load(x + c), largest));
    lanes.store(e, y + c);
    sum = hn::Add(sum, lanes.keep(e));
  });
  return {.largest = hn::GetLane(largest),
          .sum = hn::GetLane(hn::SumOfLanes(Floats(), sum))};
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
