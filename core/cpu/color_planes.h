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

// Pixels of which black is 0.
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

namespace mix {

// How many times as high a saturation becomes, at most so that no channel
// falls below black.
HWY_INLINE Vector saturation_factor(Vector value, Vector spread, float a) {
  return hn::Min(all(a), hn::Div(value, or_one(spread)));
}

// As saturated().
HWY_INLINE RgbVectors saturate(const RgbVectors& pixel, float a) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  const Vector factor = saturation_factor(value, spread, a);
  return {hn::MulAdd(hn::Sub(pixel.red, value), factor, value),
          hn::MulAdd(hn::Sub(pixel.green, value), factor, value),
          hn::MulAdd(hn::Sub(pixel.blue, value), factor, value)};
}

// A pixel by its largest channel, how far above the smallest that is, and its
// hue in sixths of a turn.
struct HueVectors {
  Vector value;
  Vector spread;
  Vector sixths;
};

// The first half of turned(), by `a` turns; the saturation becomes `saturation`
// times as high, which leaves hue and value as they are.
HWY_INLINE HueVectors turn(const RgbVectors& pixel, float a, float saturation) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  const Vector factor = saturation == 1.0F
                            ? all(1)
                            : saturation_factor(value, spread, saturation);
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
  return {value, hn::Mul(spread, factor), sixths};
}

// And back: sixths of a turn to channels less 1, of which no rounding is left
// where they are not clipped.
HWY_INLINE RgbVectors rgb_of(const HueVectors& hue) {
  const auto away = [&](float from) HWY_ATTR {
    return hn::Abs(hn::Sub(hue.sixths, all(from)));
  };
  const auto shade = [&](Vector less) HWY_ATTR {
    return hn::MulAdd(hue.spread, hn::Min(hn::Max(less, all(-1)), all(0)),
                      hue.value);
  };
  return {shade(hn::Sub(away(3), all(2))), shade(hn::Sub(all(1), away(2))),
          shade(hn::Sub(all(1), away(4)))};
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

}  // namespace mix

// Pixels of a block whose black is `range.low`, and 0 for the steps; what makes
// it 0 is left out where it is.
template <bool shifted>
class MixedPlanes {
 public:
  MixedPlanes(const ValueRange& range, Planes& planes)
      : clip_(range), low_(all(range.low)), planes_(planes) {}

  HWY_INLINE void saturate(float a) const {
    each([&](std::int64_t j) HWY_ATTR { store(mix::saturate(load(j), a), j); });
  }
  HWY_INLINE void grey(float a) const {
    each([&](std::int64_t j) HWY_ATTR { store(mix::grey(load(j), a), j); });
  }
  // In two loops: in a single one, whole pixels would be one long chain of
  // operations, of which a processor sees the end too late to begin another.
  HWY_INLINE void turn(float a, float saturation) const {
    each([&](std::int64_t j) HWY_ATTR {
      const mix::HueVectors hue = mix::turn(load(j), a, saturation);
      hn::Store(hue.value, Floats(), at(0, j));
      hn::Store(hue.spread, Floats(), at(1, j));
      hn::Store(hue.sixths, Floats(), at(2, j));
    });
    each([&](std::int64_t j) HWY_ATTR {
      store(mix::rgb_of({hn::Load(Floats(), at(0, j)),
                         hn::Load(Floats(), at(1, j)),
                         hn::Load(Floats(), at(2, j))}),
            j);
    });
  }

 private:
  template <class F>
  HWY_INLINE static void each(const F& function) {
    for (std::int64_t j = 0; j < kBlock; j += kLanes) function(j);
  }
  HWY_INLINE float* at(int c, std::int64_t j) const {
    return planes_.channel[c] + j;
  }
  HWY_INLINE Vector load(int c, std::int64_t j) const {
    const Vector x = hn::Load(Floats(), at(c, j));
    return shifted ? hn::Sub(x, low_) : x;
  }
  HWY_INLINE RgbVectors load(std::int64_t j) const {
    return {load(0, j), load(1, j), load(2, j)};
  }
  HWY_INLINE void store(Vector x, int c, std::int64_t j) const {
    hn::Store(clip_(shifted ? hn::Add(x, low_) : x), Floats(), at(c, j));
  }
  HWY_INLINE void store(const RgbVectors& pixel, std::int64_t j) const {
    store(pixel.red, 0, j);
    store(pixel.green, 1, j);
    store(pixel.blue, 2, j);
  }

  Clip clip_;
  Vector low_;
  Planes& planes_;
};

// The first of the steps, and a hue that follows a saturation with it, for what
// is `clipped` has nothing beyond the range that the first would clip. Returns
// how many.
template <bool shifted>
HWY_INLINE std::size_t mix_planes(std::span<const ColorStep> steps,
                                  bool clipped, const ValueRange& range,
                                  Planes& planes) {
  const MixedPlanes<shifted> mixed(range, planes);
  const float a = steps[0].a;
  switch (steps[0].kind) {
    case ColorKind::saturation:
      if (clipped && steps.size() > 1 && steps[1].kind == ColorKind::hue) {
        mixed.turn(steps[1].a, a);
        return 2;
      }
      mixed.saturate(a);
      return 1;
    case ColorKind::hue:
      mixed.turn(a, 1);
      return 1;
    default:
      mixed.grey(a);
      return 1;
  }
}

// The steps that take a value by itself and only multiply and add.
inline bool is_linear(ColorKind kind) {
  return kind == ColorKind::brightness || kind == ColorKind::exposure ||
         needs_means(kind);
}

// What contrasts and exposure leave as it is.
inline float center_of(ColorKind kind, const float* means,
                       const ValueRange& range, int c, int channels) {
  return needs_means(kind) ? contrast_mean(kind, means, c, channels)
                           : range.low;
}

HWY_INLINE void change_planes(const ColorStep& step, const float* means,
                              const ValueRange& range, Planes& planes) {
  const Clip clip(range);
  const Vector a = all(step.a);
  const Vector width = all(range.high - range.low);
  const bool shifts = step.kind == ColorKind::brightness;
  for (int c = 0; c < 3; ++c) {
    const Vector from = all(center_of(step.kind, means, range, c, 3));
    for (std::int64_t j = 0; j < kBlock; j += kLanes) {
      float* const values = planes.channel[c] + j;
      const Vector x = hn::Load(Floats(), values);
      const Vector changed = shifts ? hn::MulAdd(a, width, x)
                                    : hn::MulAdd(hn::Sub(x, from), a, from);
      hn::Store(clip(changed), Floats(), values);
    }
  }
}

// Takes kBlock pixels through the steps; a value v becomes v * scale + offset
// in `to`, which may be where the pixels are.
inline void mix_block(std::span<const ColorStep> steps, const float* means,
                      const ValueRange& range, const float* pixels, float scale,
                      float offset, float* to) {
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
  bool clipped = false;
  while (!steps.empty()) {
    const ColorKind kind = steps[0].kind;
    std::size_t taken = 1;
    if (mixes_channels(kind)) {
      taken = range.low == 0.0F
                  ? mix_planes<false>(steps, clipped, range, planes)
                  : mix_planes<true>(steps, clipped, range, planes);
    } else if (kind != ColorKind::none) {
      change_planes(steps[0], means, range, planes);
    }
    clipped = clipped || kind != ColorKind::none;
    steps = steps.subspan(taken);
  }
  for (std::int64_t j = 0; j < kBlock; j += kLanes) {
    const auto scaled = [&](int c) HWY_ATTR {
      return hn::MulAdd(hn::Load(floats, planes.channel[c] + j), all(scale),
                        all(offset));
    };
    hn::StoreInterleaved3(scaled(0), scaled(1), scaled(2), floats, to + 3 * j);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
