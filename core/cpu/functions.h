// Elementary functions and activations of vectors. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_FUNCTIONS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_FUNCTIONS_H_
#undef LATHE_CORE_CPU_FUNCTIONS_H_
#else
#define LATHE_CORE_CPU_FUNCTIONS_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include <type_traits>

#include "core/cpu/simd.h"
#include "core/graph/operations/activation.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

using graph::ActivationKind;

/// `value`, or x where x is not a number: a divergence must not be hidden.
HWY_INLINE Vector unless_nan(Vector x, Vector value) {
  return hn::IfThenElse(hn::Eq(x, x), value, x);
}

/// exp(x) within 2 units in the last place, with x cut to [-87, 88], where
/// normal floats end; not for what is no number.
HWY_INLINE Vector bounded_exp(Vector x) {
  x = hn::Min(hn::Max(x, all(-87)), all(88));
  // Floats about 1.5 * 2^23 are whole numbers, and end in their bits.
  const Vector round = all(12582912);
  const Vector rounded = hn::MulAdd(x, all(1.44269504F), round);
  const Vector whole = hn::Sub(rounded, round);
  // log 2 in two parts: the first has few digits, so that its product is exact.
  Vector r = hn::NegMulAdd(whole, all(0.693359375F), x);
  r = hn::NegMulAdd(whole, all(-2.12194440e-4F), r);
  // The minimax polynomial of Cephes' expf, in pairs that don't wait for each
  // other.
  const Vector square = hn::Mul(r, r);
  const Vector p = hn::MulAdd(r, all(1.9875691500e-4F), all(1.3981999507e-3F));
  const Vector q = hn::MulAdd(r, all(8.3334519073e-3F), all(4.1665795894e-2F));
  const Vector s = hn::MulAdd(r, all(1.6666665459e-1F), all(5.0000001201e-1F));
  const Vector rest = hn::MulAdd(hn::MulAdd(p, square, q), square, s);
  const Vector power = hn::MulAdd(rest, square, hn::Add(r, all(1)));
  const IntVector exponent = hn::ShiftLeft<23>(hn::BitCast(Ints(), rounded));
  return hn::BitCast(Floats(), hn::Add(hn::BitCast(Ints(), power), exponent));
}

/// exp(x), zero below -87.
HWY_INLINE Vector exp(Vector x) {
  const Vector value = hn::IfThenElseZero(hn::Ge(x, all(-87)), bounded_exp(x));
  return unless_nan(x, value);
}

HWY_INLINE Vector log(Vector x) {
  return unless_nan(x, hn::Log(Floats(), x));
}

// AVX-512 has instructions for parts of exponentials, which Highway 1.0 doesn't
// know: they take half the time for sigmoids, and no bounds.
#undef LATHE_HAS_SCALING
#if HWY_TARGET == HWY_AVX3 && HWY_COMPILER_GCC_ACTUAL
#define LATHE_HAS_SCALING 1

/// z less the whole number below it; 0 for infinity.
HWY_INLINE Vector fraction(Vector z) {
  Vector result;
  asm("vreduceps $9, %1, %0" : "=v"(result.raw) : "v"(z.raw));
  return result;
}

/// x times 2 to the whole number below z.
HWY_INLINE Vector scaled(Vector x, Vector z) {
  Vector result;
  asm("vscalefps %2, %1, %0" : "=v"(result.raw) : "v"(x.raw), "v"(z.raw));
  return result;
}
#else
#define LATHE_HAS_SCALING 0
#endif

/// 1 + exp(-x), within (|x| + 2) 2^-23 of itself; not for what is no number.
HWY_INLINE Vector one_plus_exp_minus(Vector x) {
#if LATHE_HAS_SCALING
  const Vector z = hn::Mul(x, all(-1.44269504F));
  const Vector r = fraction(z);
  // 2^r between 0 and 1: the polynomial of least relative error, 7.5e-8.
  const Vector square = hn::Mul(r, r);
  const Vector p = hn::MulAdd(r, all(0.6931530833F), all(0.99999994F));
  const Vector q = hn::MulAdd(r, all(0.0558263175F), all(0.2401536107F));
  const Vector s = hn::MulAdd(r, all(0.0018775767F), all(0.0089893397F));
  const Vector power = hn::MulAdd(hn::MulAdd(s, square, q), square, p);
  return hn::Add(all(1), scaled(power, z));
#else
  return hn::Add(all(1), bounded_exp(hn::Neg(x)));
#endif
}

/// 1 / (1 + exp(-x)) within 2^-23, and within (|x| + 2) 2^-23 of itself; not
/// for what is no number.
HWY_INLINE Vector bounded_sigmoid(Vector x) {
  return hn::Div(all(1), one_plus_exp_minus(x));
}

HWY_INLINE Vector sigmoid(Vector x) {
  return unless_nan(x, bounded_sigmoid(x));
}

/// 1 / (1 + exp(-x)) within 2^-12, for what is rounded to bfloat16; not for
/// what is no number.
HWY_INLINE Vector rough_sigmoid(Vector x) {
#if LATHE_HAS_SCALING
  const Vector z = hn::Mul(x, all(-1.44269504F));
  const Vector r = fraction(z);
  // 2^r between 0 and 1: the polynomial of least relative error, 7.5e-5.
  Vector power = hn::MulAdd(r, all(0.0780245215F), all(0.2260671556F));
  power = hn::MulAdd(r, power, all(0.6958335638F));
  power = hn::MulAdd(r, power, all(0.9999251962F));
  return hn::ApproximateReciprocal(hn::Add(all(1), scaled(power, z)));
#else
  const Vector powers =
      hn::Mul(hn::Min(hn::Max(x, all(-87)), all(87)), all(-1.44269504F));
  // Floats about 1.5 * 2^23 are whole numbers, and end in their bits.
  const Vector round = all(12582912);
  const Vector rounded = hn::Add(powers, round);
  const Vector r = hn::Sub(powers, hn::Sub(rounded, round));
  // 2^r between -1/2 and 1/2: the polynomial of least relative error, 7.5e-5.
  Vector power = hn::MulAdd(r, all(0.05517167F), all(0.24261114F));
  power = hn::MulAdd(r, power, all(0.69326097F));
  power = hn::MulAdd(r, power, all(0.99992806F));
  const IntVector exponent = hn::ShiftLeft<23>(hn::BitCast(Ints(), rounded));
  const Vector exp =
      hn::BitCast(Floats(), hn::Add(hn::BitCast(Ints(), power), exponent));
  return hn::ApproximateReciprocal(hn::Add(all(1), exp));
#endif
}

/// bounded_sigmoid(x), as exact as T stores.
template <class T>
HWY_INLINE Vector sigmoid_for(Vector x) {
  if constexpr (std::is_same_v<T, BFloat16>) return rough_sigmoid(x);
  return bounded_sigmoid(x);
}

/// f(x), as exact as T, float or BFloat16, stores.
template <ActivationKind kKind, class T = float>
HWY_INLINE Vector activate(Vector x) {
  if constexpr (kKind == ActivationKind::relu) {
    return unless_nan(x, hn::Max(x, all(0)));
  } else if constexpr (kKind == ActivationKind::sigmoid) {
    return sigmoid(x);
  } else if constexpr (kKind == ActivationKind::swish) {
    if constexpr (std::is_same_v<T, BFloat16>) {
      return hn::Mul(x, rough_sigmoid(x));
    }
    // Takes a tenth less time than to multiply by the sigmoid.
    return hn::Div(x, one_plus_exp_minus(x));
  } else if constexpr (kKind == ActivationKind::tanh) {
    return unless_nan(x, hn::Tanh(Floats(), x));
  } else {
    return x;
  }
}

/// g f'(x), from x for swish and from y = f(x) for the others.
template <ActivationKind kKind, class T = float>
HWY_INLINE Vector activation_gradient(Vector g, Vector seen) {
  const Vector one = all(1);
  if constexpr (kKind == ActivationKind::relu) {
    return hn::IfThenElseZero(hn::Gt(seen, all(0)), g);
  } else if constexpr (kKind == ActivationKind::sigmoid) {
    return hn::Mul(g, hn::Mul(seen, hn::Sub(one, seen)));
  } else if constexpr (kKind == ActivationKind::swish) {
    const Vector s = sigmoid_for<T>(seen);
    return hn::Mul(g, hn::Mul(s, hn::MulAdd(seen, hn::Sub(one, s), one)));
  } else if constexpr (kKind == ActivationKind::tanh) {
    return hn::Mul(g, hn::NegMulAdd(seen, seen, one));
  } else {
    return g;
  }
}

/// The same from x for every kind.
template <ActivationKind kKind, class T = float>
HWY_INLINE Vector activation_gradient_at(Vector g, Vector x) {
  if constexpr (kKind == ActivationKind::sigmoid ||
                kKind == ActivationKind::tanh) {
    return activation_gradient<kKind, T>(g, activate<kKind, T>(x));
  } else {
    return activation_gradient<kKind, T>(g, x);
  }
}

/// f(constant) with the kind as a std::integral_constant.
template <class F>
auto with_activation(ActivationKind kind, F&& f) {
  using enum ActivationKind;
  switch (kind) {
    case relu:
      return f(std::integral_constant<ActivationKind, relu>());
    case sigmoid:
      return f(
          std::integral_constant<ActivationKind, ActivationKind::sigmoid>());
    case swish:
      return f(std::integral_constant<ActivationKind, swish>());
    case tanh:
      return f(std::integral_constant<ActivationKind, ActivationKind::tanh>());
    case linear:
      break;
  }
  return f(std::integral_constant<ActivationKind, linear>());
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
