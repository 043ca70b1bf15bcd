// What kernels that go back through a batch normalisation share. Compiled once
// a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_NORMALIZATION_GRADIENT_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_NORMALIZATION_GRADIENT_H_
#undef LATHE_CORE_CPU_NORMALIZATION_GRADIENT_H_
#else
#define LATHE_CORE_CPU_NORMALIZATION_GRADIENT_H_
#endif

#include <array>

#include "core/cpu/functions.h"
#include "core/cpu/row_sweep.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// What the gradient is made of: rows of a tensor, and rows of one value a
/// channel. With u = (x - mean) scale + beta [+ r] and y = f(u), g = dy f'(u).
template <class T>
struct Gradient {
  const T* dy;
  const T* x;
  const T* r = nullptr;  // without a residual
  T* dx = nullptr;
  T* dr = nullptr;
  const float* mean;
  const float* inverse;  // 1 / sqrt(variance + epsilon)
  const float* scale;    // gamma inverse
  const float* beta;
  const float* mean_g = nullptr;    // of g
  const float* mean_gxh = nullptr;  // of g times the normalised x
};

/// For sum_rows and sum_chunk: g and g times the normalised x. Stores g too,
/// element i at kept[i - start], unless `kept` is null.
template <ActivationKind kKind, class T>
HWY_INLINE auto gradient_terms(const Gradient<T>& n, T* kept,
                               std::int64_t start) {
  return [n, kept, start](std::int64_t v) HWY_ATTR {
    const Vector mean = Whole().load(n.mean + v);
    const Vector inverse = Whole().load(n.inverse + v);
    const Vector scale = Whole().load(n.scale + v);
    const Vector beta = Whole().load(n.beta + v);
    return [=](auto lanes, std::int64_t i) HWY_ATTR {
      const Vector centred = hn::Sub(lanes.load(n.x + i), mean);
      Vector u = hn::MulAdd(centred, scale, beta);
      if (n.r != nullptr) u = hn::Add(u, lanes.load(n.r + i));
      const Vector g =
          activation_gradient_at<kKind, T>(lanes.load(n.dy + i), u);
      if (kept != nullptr) lanes.store(g, kept + (i - start));
      return std::array{g, hn::Mul(g, hn::Mul(centred, inverse))};
    };
  };
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
