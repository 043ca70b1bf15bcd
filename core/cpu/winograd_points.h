// Winograd's transforms of a line of pixels, weights or products: see
// winograd.h. Compiled once a target, as functions.h is: the guard is a toggle.
#if defined(LATHE_CORE_CPU_WINOGRAD_POINTS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_WINOGRAD_POINTS_H_
#undef LATHE_CORE_CPU_WINOGRAD_POINTS_H_
#else
#define LATHE_CORE_CPU_WINOGRAD_POINTS_H_
#endif

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// F(4x4, 3x3), whose points are 0, 2/3, -2/3, 3/2, -3/2 and infinity; what is
/// multiplied is float32.
struct LargeTiles {
  using Product = float;
  static constexpr const char* kImplementation = "own:winograd";
  static constexpr std::int64_t kTile = 4;    // results a side
  static constexpr std::int64_t kPoints = 6;  // products a side
  static constexpr std::int64_t kPlanes = kPoints * kPoints;

  // A polynomial at 2/3, -2/3, 3/2 and -3/2, from its even and odd powers
  // there.
  static HWY_INLINE void at_points_and_negatives(Vector near, Vector near_odd,
                                                 Vector far, Vector far_odd,
                                                 Vector* to) {
    to[1] = hn::Add(near, near_odd);
    to[2] = hn::Sub(near, near_odd);
    to[3] = hn::Add(far, far_odd);
    to[4] = hn::Sub(far, far_odd);
  }

  /// B': six pixels of an image at the points.
  static HWY_INLINE void image_at_points(const Vector* d, Vector* v) {
    const Vector near = hn::NegMulAdd(d[2], all(kFarSquare), d[4]);
    const Vector near_odd =
        hn::Mul(hn::NegMulAdd(d[1], all(kFarSquare), d[3]), all(kNear));
    const Vector far = hn::NegMulAdd(d[2], all(kNearSquare), d[4]);
    const Vector far_odd =
        hn::Mul(hn::NegMulAdd(d[1], all(kNearSquare), d[3]), all(kFar));
    v[0] = hn::NegMulAdd(d[2], all(kSquares), hn::Add(d[0], d[4]));
    at_points_and_negatives(near, near_odd, far, far_odd, v);
    v[5] = hn::NegMulAdd(d[3], all(kSquares), hn::Add(d[1], d[5]));
  }

  /// G: three weights at the points.
  static HWY_INLINE void weights_at_points(const Vector* g, Vector* u) {
    const Vector near =
        hn::Mul(hn::MulAdd(g[2], all(kNearSquare), g[0]), all(kNearScale));
    const Vector near_odd = hn::Mul(g[1], all(kNear * kNearScale));
    const Vector far =
        hn::Mul(hn::MulAdd(g[2], all(kFarSquare), g[0]), all(kFarScale));
    const Vector far_odd = hn::Mul(g[1], all(kFar * kFarScale));
    u[0] = g[0];
    at_points_and_negatives(near, near_odd, far, far_odd, u);
    u[5] = g[2];
  }

  /// A': four results from the products.
  static HWY_INLINE void results_of_points(const Vector* m, Vector* y) {
    const Vector near = hn::Add(m[1], m[2]);
    const Vector near_odd = hn::Mul(hn::Sub(m[1], m[2]), all(kNear));
    const Vector far = hn::Add(m[3], m[4]);
    const Vector far_odd = hn::Mul(hn::Sub(m[3], m[4]), all(kFar));
    y[0] = hn::Add(m[0], hn::Add(near, far));
    y[1] = hn::Add(near_odd, far_odd);
    y[2] = hn::MulAdd(near, all(kNearSquare), hn::Mul(far, all(kFarSquare)));
    y[3] = hn::MulAdd(near_odd, all(kNearSquare),
                      hn::MulAdd(far_odd, all(kFarSquare), m[5]));
  }

  /// A: the gradients of four results at the points.
  static HWY_INLINE void results_at_points(const Vector* y, Vector* m) {
    const Vector near = hn::MulAdd(y[2], all(kNearSquare), y[0]);
    const Vector near_odd =
        hn::Mul(hn::MulAdd(y[3], all(kNearSquare), y[1]), all(kNear));
    const Vector far = hn::MulAdd(y[2], all(kFarSquare), y[0]);
    const Vector far_odd =
        hn::Mul(hn::MulAdd(y[3], all(kFarSquare), y[1]), all(kFar));
    m[0] = y[0];
    at_points_and_negatives(near, near_odd, far, far_odd, m);
    m[5] = y[3];
  }

  /// G': the gradients of three weights from those at the points.
  static HWY_INLINE void weights_of_points(const Vector* u, Vector* g) {
    const Vector near = hn::Mul(hn::Add(u[1], u[2]), all(kNearScale));
    const Vector near_odd =
        hn::Mul(hn::Sub(u[1], u[2]), all(kNear * kNearScale));
    const Vector far = hn::Mul(hn::Add(u[3], u[4]), all(kFarScale));
    const Vector far_odd = hn::Mul(hn::Sub(u[3], u[4]), all(kFar * kFarScale));
    g[0] = hn::Add(u[0], hn::Add(near, far));
    g[1] = hn::Add(near_odd, far_odd);
    g[2] = hn::MulAdd(near, all(kNearSquare),
                      hn::MulAdd(far, all(kFarSquare), u[5]));
  }

 private:
  static constexpr float kNear = 2.0F / 3;
  static constexpr float kFar = 3.0F / 2;
  static constexpr float kNearSquare = kNear * kNear;
  static constexpr float kFarSquare = kFar * kFar;
  static constexpr float kSquares = kNearSquare + kFarSquare;
  // The products of each point's differences from the others; that of zero
  // is 1.
  static constexpr float kNearScale =
      1 / (2 * kNearSquare * (kNearSquare - kFarSquare));
  static constexpr float kFarScale =
      1 / (2 * kFarSquare * (kFarSquare - kNearSquare));
};

/// F(2x2, 3x3), whose points are 0, 1, -1 and infinity; what is multiplied is
/// rounded to bfloat16.
struct SmallTiles {
  using Product = BFloat16;
  static constexpr const char* kImplementation = "own:winograd_bf16";
  static constexpr std::int64_t kTile = 2;
  static constexpr std::int64_t kPoints = 4;
  static constexpr std::int64_t kPlanes = kPoints * kPoints;

  /// B': four pixels of an image at the points.
  static HWY_INLINE void image_at_points(const Vector* d, Vector* v) {
    v[0] = hn::Sub(d[0], d[2]);
    v[1] = hn::Add(d[1], d[2]);
    v[2] = hn::Sub(d[2], d[1]);
    v[3] = hn::Sub(d[3], d[1]);
  }

  /// G: three weights at the points.
  static HWY_INLINE void weights_at_points(const Vector* g, Vector* u) {
    const Vector even = hn::Mul(hn::Add(g[0], g[2]), all(0.5F));
    const Vector odd = hn::Mul(g[1], all(0.5F));
    u[0] = g[0];
    u[1] = hn::Add(even, odd);
    u[2] = hn::Sub(even, odd);
    u[3] = g[2];
  }

  /// A': two results from the products.
  static HWY_INLINE void results_of_points(const Vector* m, Vector* y) {
    y[0] = hn::Add(m[0], hn::Add(m[1], m[2]));
    y[1] = hn::Add(hn::Sub(m[1], m[2]), m[3]);
  }

  /// A: the gradients of two results at the points.
  static HWY_INLINE void results_at_points(const Vector* y, Vector* m) {
    m[0] = y[0];
    m[1] = hn::Add(y[0], y[1]);
    m[2] = hn::Sub(y[0], y[1]);
    m[3] = y[1];
  }

  /// G': the gradients of three weights from those at the points.
  static HWY_INLINE void weights_of_points(const Vector* u, Vector* g) {
    const Vector even = hn::Mul(hn::Add(u[1], u[2]), all(0.5F));
    g[0] = hn::Add(u[0], even);
    g[1] = hn::Mul(hn::Sub(u[1], u[2]), all(0.5F));
    g[2] = hn::Add(even, u[3]);
  }
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
