// Colours of pixels of three channels, taken apart: what
// core/augmentation/color.h says about a pixel, for vectors of them and in the
// same operations. Compiled once a target: the guard is a toggle.
#if defined(LATHE_CORE_CPU_COLOR_PLANES_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_COLOR_PLANES_H_
#undef LATHE_CORE_CPU_COLOR_PLANES_H_
#else
#define LATHE_CORE_CPU_COLOR_PLANES_H_
#endif

#include <span>

#include "core/augmentation/color.h"
#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

// Pixels that are taken apart at once.
inline constexpr std::int64_t kBlock = 32;

// Pixels, channel by channel.
struct Planes {
  alignas(64) float channel[3][kBlock];
};

// The larger of two, `low` where x is no number.
HWY_INLINE Vector larger(Vector x, Vector low) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  return hn::Max(x, low);
#else
  return hn::IfThenElse(hn::Gt(x, low), x, low);
#endif
}

// As clip(); compilers don't find these instructions behind conditions.
struct Clip {
  explicit Clip(const ValueRange& range)
      : low(all(range.low)), high(all(range.high)) {}

  HWY_INLINE Vector operator()(Vector x) const {
    return hn::Min(larger(x, low), high);
  }

  Vector low;
  Vector high;
};

HWY_INLINE Vector clip_unit(Vector x) {
  return hn::Min(hn::Max(x, all(0)), all(1));
}

// Pixels of which black is 0, with their largest channel and how far above the
// smallest it is.
struct RgbVectors {
  RgbVectors(Vector r, Vector g, Vector b) : red(r), green(g), blue(b) {}

  HWY_INLINE Vector largest() const {
    return hn::Max(hn::Max(red, green), blue);
  }
  HWY_INLINE Vector smallest() const {
    return hn::Min(hn::Min(red, green), blue);
  }

  Vector red;
  Vector green;
  Vector blue;
};

HWY_INLINE Vector or_one(Vector spread) {
  return hn::IfThenElse(hn::Gt(spread, all(0)), spread, all(1));
}

// As saturated().
HWY_INLINE RgbVectors saturate(const RgbVectors& pixel, float a) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  const Vector factor = hn::Min(all(a), hn::Div(value, or_one(spread)));
  return {hn::MulAdd(hn::Sub(pixel.red, value), factor, value),
          hn::MulAdd(hn::Sub(pixel.green, value), factor, value),
          hn::MulAdd(hn::Sub(pixel.blue, value), factor, value)};
}

// As turned().
HWY_INLINE RgbVectors turn(const RgbVectors& pixel, float a) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  const auto red_first = hn::Eq(value, pixel.red);
  const auto green_first = hn::Eq(value, pixel.green);
  const auto choose = [&](Vector red, Vector green, Vector blue) HWY_ATTR {
    return hn::IfThenElse(red_first, red,
                          hn::IfThenElse(green_first, green, blue));
  };
  const Vector ahead =
      choose(hn::Sub(pixel.green, pixel.blue), hn::Sub(pixel.blue, pixel.red),
             hn::Sub(pixel.red, pixel.green));
  const Vector own = choose(all(0), all(2), all(4));
  const Vector hue =
      hn::MulAdd(all(6), all(a), hn::Add(hn::Div(ahead, or_one(spread)), own));
  const Vector turns = hn::Floor(hn::Mul(hue, all(1.0F / 6)));
  const Vector sixths = hn::MulAdd(all(-6), turns, hue);
  const auto away = [&](float from) HWY_ATTR {
    return hn::Abs(hn::Sub(sixths, all(from)));
  };
  const Vector red = clip_unit(hn::Sub(away(3), all(1)));
  const Vector green = clip_unit(hn::Sub(all(2), away(2)));
  const Vector blue = clip_unit(hn::Sub(all(2), away(4)));
  return {hn::MulAdd(spread, hn::Sub(red, all(1)), value),
          hn::MulAdd(spread, hn::Sub(green, all(1)), value),
          hn::MulAdd(spread, hn::Sub(blue, all(1)), value)};
}

// As greyed().
HWY_INLINE RgbVectors grey(const RgbVectors& pixel, float a) {
  const Vector y = hn::MulAdd(
      all(0.2989F), pixel.red,
      hn::MulAdd(all(0.587F), pixel.green, hn::Mul(all(0.114F), pixel.blue)));
  const Vector part = all(a);
  return {hn::MulAdd(part, hn::Sub(y, pixel.red), pixel.red),
          hn::MulAdd(part, hn::Sub(y, pixel.green), pixel.green),
          hn::MulAdd(part, hn::Sub(y, pixel.blue), pixel.blue)};
}

// function(pixel) for all of them, a vector at a time.
template <class F>
HWY_INLINE void mix_planes(const ValueRange& range, Planes& planes,
                           const F& function) {
  const Clip clip(range);
  const Vector low = all(range.low);
  for (std::int64_t j = 0; j < kBlock; j += kLanes) {
    float* const r = planes.channel[0] + j;
    float* const g = planes.channel[1] + j;
    float* const b = planes.channel[2] + j;
    const RgbVectors pixel =
        function(RgbVectors(hn::Sub(hn::Load(Floats(), r), low),
                            hn::Sub(hn::Load(Floats(), g), low),
                            hn::Sub(hn::Load(Floats(), b), low)));
    hn::Store(clip(hn::Add(pixel.red, low)), Floats(), r);
    hn::Store(clip(hn::Add(pixel.green, low)), Floats(), g);
    hn::Store(clip(hn::Add(pixel.blue, low)), Floats(), b);
  }
}

// The steps that change a value by itself and are no more than a product and
// a sum.
inline bool is_linear(ColorKind kind) {
  return kind == ColorKind::brightness || kind == ColorKind::exposure ||
         needs_means(kind);
}

// x as the step has it before it is clipped; `mean` where it needs one.
HWY_INLINE Vector line(const ColorStep& step, Vector mean,
                       const ValueRange& range, Vector x) {
  if (step.kind == ColorKind::brightness) {
    return hn::MulAdd(all(step.a), all(range.high - range.low), x);
  }
  const Vector from = needs_means(step.kind) ? mean : all(range.low);
  return hn::MulAdd(hn::Sub(x, from), all(step.a), from);
}

HWY_INLINE void change_planes(const ColorStep& step, const float* means,
                              const ValueRange& range, Planes& planes) {
  const Clip clip(range);
  for (int c = 0; c < 3; ++c) {
    const Vector mean =
        all(needs_means(step.kind) ? contrast_mean(step.kind, means, c, 3) : 0);
    for (std::int64_t j = 0; j < kBlock; j += kLanes) {
      float* const values = planes.channel[c] + j;
      hn::Store(clip(line(step, mean, range, hn::Load(Floats(), values))),
                Floats(), values);
    }
  }
}

inline void mix_block(std::span<const ColorStep> steps, const float* means,
                      const ValueRange& range, float* pixels) {
  const Floats floats;
  Planes planes;
  Vector r;
  Vector g;
  Vector b;
  for (std::int64_t j = 0; j < kBlock; j += kLanes) {
    hn::LoadInterleaved3(floats, pixels + 3 * j, r, g, b);
    hn::Store(r, floats, planes.channel[0] + j);
    hn::Store(g, floats, planes.channel[1] + j);
    hn::Store(b, floats, planes.channel[2] + j);
  }
  for (const ColorStep& step : steps) {
    const float a = step.a;
    if (step.kind == ColorKind::saturation) {
      mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
        return saturate(pixel, a);
      });
    } else if (step.kind == ColorKind::hue) {
      mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
        return turn(pixel, a);
      });
    } else if (step.kind == ColorKind::grayscale) {
      mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
        return grey(pixel, a);
      });
    } else if (step.kind != ColorKind::none) {
      change_planes(step, means, range, planes);
    }
  }
  for (std::int64_t j = 0; j < kBlock; j += kLanes) {
    hn::StoreInterleaved3(hn::Load(floats, planes.channel[0] + j),
                          hn::Load(floats, planes.channel[1] + j),
                          hn::Load(floats, planes.channel[2] + j), floats,
                          pixels + 3 * j);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
