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

// As turned(), of a pixel whose saturation is a factor times as high.
HWY_INLINE RgbVectors turn(const RgbVectors& pixel, Vector value, Vector spread,
                           float a, Vector factor) {
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
  const Vector range = hn::Mul(spread, factor);
  // Channels less 1, of which no rounding is left where they are not clipped.
  const auto shade = [&](Vector less) HWY_ATTR {
    return hn::MulAdd(range, hn::Min(hn::Max(less, all(-1)), all(0)), value);
  };
  return {shade(hn::Sub(away(3), all(2))), shade(hn::Sub(all(1), away(2))),
          shade(hn::Sub(all(1), away(4)))};
}

HWY_INLINE RgbVectors turn(const RgbVectors& pixel, float a) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  return turn(pixel, value, spread, a, all(1));
}

// Both at once: saturation leaves hues and values as they are, and nothing to
// clip where nothing was beyond the range.
HWY_INLINE RgbVectors saturate_and_turn(const RgbVectors& pixel,
                                        float saturation, float a) {
  const Vector value = pixel.largest();
  const Vector spread = hn::Sub(value, pixel.smallest());
  return turn(pixel, value, spread, a,
              saturation_factor(value, spread, saturation));
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

// function(pixel) for all of them. What makes black 0 is left out where it is.
template <bool shifted, class F>
HWY_INLINE void mix_planes(const ValueRange& range, Planes& planes,
                           const F& function) {
  const Clip clip(range);
  const Vector low = all(range.low);
  const auto load = [&](int c, std::int64_t j) HWY_ATTR {
    const Vector x = hn::Load(Floats(), planes.channel[c] + j);
    return shifted ? hn::Sub(x, low) : x;
  };
  const auto store = [&](Vector x, int c, std::int64_t j) HWY_ATTR {
    hn::Store(clip(shifted ? hn::Add(x, low) : x), Floats(),
              planes.channel[c] + j);
  };
  for (std::int64_t j = 0; j < kBlock; j += kLanes) {
    const RgbVectors pixel =
        function(RgbVectors(load(0, j), load(1, j), load(2, j)));
    store(pixel.red, 0, j);
    store(pixel.green, 1, j);
    store(pixel.blue, 2, j);
  }
}

template <class F>
HWY_INLINE void mix_planes(const ValueRange& range, Planes& planes,
                           const F& function) {
  if (range.low == 0.0F) {
    mix_planes<false>(range, planes, function);
  } else {
    mix_planes<true>(range, planes, function);
  }
}

HWY_INLINE void mix_planes(const ColorStep& step, const ValueRange& range,
                           Planes& planes) {
  const float a = step.a;
  if (step.kind == ColorKind::saturation) {
    mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
      return saturate(pixel, a);
    });
  } else if (step.kind == ColorKind::hue) {
    mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
      return turn(pixel, a);
    });
  } else {
    mix_planes(range, planes, [a](const RgbVectors& pixel) HWY_ATTR {
      return grey(pixel, a);
    });
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
  bool clipped = false;
  while (!steps.empty()) {
    const ColorStep& step = steps.front();
    const bool both = clipped && steps.size() > 1 &&
                      step.kind == ColorKind::saturation &&
                      steps[1].kind == ColorKind::hue;
    if (both) {
      const float saturation = step.a;
      const float turns = steps[1].a;
      mix_planes(range, planes, [=](const RgbVectors& pixel) HWY_ATTR {
        return saturate_and_turn(pixel, saturation, turns);
      });
    } else if (mixes_channels(step.kind)) {
      mix_planes(step, range, planes);
    } else if (step.kind != ColorKind::none) {
      change_planes(step, means, range, planes);
    }
    clipped = clipped || step.kind != ColorKind::none;
    steps = steps.subspan(both ? 2 : 1);
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
