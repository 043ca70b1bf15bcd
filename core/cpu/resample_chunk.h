// Where the pixels of a chunk of an output row come from: the first half of
// resampling, in plain loops that compilers turn into vectors.
// Compiled once a target: the guard is a toggle.
#if defined(LATHE_CORE_CPU_RESAMPLE_CHUNK_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_RESAMPLE_CHUNK_H_
#undef LATHE_CORE_CPU_RESAMPLE_CHUNK_H_
#else
#define LATHE_CORE_CPU_RESAMPLE_CHUNK_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>

#include "core/cpu/resample_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Pixels that one round computes: first where, then what.
inline constexpr std::int32_t kChunk = 32;

HWY_INLINE float value(std::uint8_t pixel) {
  return static_cast<float>(static_cast<std::int32_t>(pixel));
}
HWY_INLINE float value(float pixel) {
  return pixel;
}
HWY_INLINE void store(float value, float& pixel) {
  pixel = value;
}
HWY_INLINE void store(float value, std::uint8_t& pixel) {
  pixel = to_byte(value);
}

// Input positions of kChunk pixels of an output row.
struct Positions {
  alignas(64) float x[kChunk];
  alignas(64) float y[kChunk];
};

// Calls function<mode>(): only the search for taps is compiled for each mode.
template <class F>
HWY_INLINE void with_mode(FillMode mode, const F& function) {
  switch (mode) {
    case FillMode::constant:
      return function.template operator()<FillMode::constant>();
    case FillMode::nearest:
      return function.template operator()<FillMode::nearest>();
    case FillMode::reflect:
      return function.template operator()<FillMode::reflect>();
    case FillMode::mirror:
      return function.template operator()<FillMode::mirror>();
    case FillMode::wrap:
      return function.template operator()<FillMode::wrap>();
  }
}

// The taps of kChunk pixels along one axis.
struct AxisTaps {
  alignas(64) std::int32_t first[kChunk];
  alignas(64) std::int32_t second[kChunk];
  alignas(64) float first_weight[kChunk];
  alignas(64) float second_weight[kChunk];

  Taps at(std::int32_t i) const {
    return {first[i], second[i], first_weight[i], second_weight[i]};
  }
};

struct ChunkTaps {
  AxisTaps x;
  AxisTaps y;
};

// Each position through a row. Compilers make vectors of the affine loop only
// where it is one of its own.
HWY_INLINE void move_positions(const float* row, Positions& positions) {
  constexpr std::array<float, kRowLength> kIdentity = Warp().row;
  if (std::equal(kIdentity.begin(), kIdentity.end(), row)) return;
  if (is_affine(row)) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position =
          affine_position(row, positions.x[i], positions.y[i]);
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
    return;
  }
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const Position position =
        perspective_position(row, positions.x[i], positions.y[i]);
    positions.x[i] = position.x;
    positions.y[i] = position.y;
  }
}

// As grid_axis(); no compiler here gathers by itself.
HWY_INLINE void move_along_grid(float extent, std::int32_t count,
                                const float* edges, float* positions) {
  const hn::CappedTag<float, 16> floats;
  const hn::RebindToSigned<decltype(floats)> integers;
  const float scale = static_cast<float>(count) / extent;
  const auto last = hn::Set(integers, count - 1);
  for (std::int32_t i = 0; i < kChunk;
       i += static_cast<std::int32_t>(hn::Lanes(floats))) {
    const auto cells =
        hn::MulAdd(hn::Load(floats, positions + i), hn::Set(floats, scale),
                   hn::Set(floats, 0.5F * scale));
    const auto index = hn::Min(
        hn::Max(hn::ConvertTo(integers, hn::Floor(cells)), hn::Zero(integers)),
        last);
    const auto part = hn::Sub(cells, hn::ConvertTo(floats, index));
    const auto first = hn::GatherIndex(floats, edges, index);
    const auto second = hn::GatherIndex(floats, edges + 1, index);
    hn::Store(hn::Sub(hn::MulAdd(hn::Sub(second, first), part, first),
                      hn::Set(floats, 0.5F)),
              floats, positions + i);
  }
}

// Each position as warped_position() moves it.
HWY_INLINE void warp_positions(const Warp& warp, Positions& positions) {
  if (warp.kind == WarpKind::grid) {
    move_along_grid(warp.width, warp.columns, warp.controls, positions.x);
    move_along_grid(warp.height, warp.rows, warp.controls + warp.columns + 1,
                    positions.y);
    return;
  }
  const auto each = [&](const auto& moved) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position =
          moved(warp, Position{positions.x[i], positions.y[i]});
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
  };
  switch (warp.kind) {
    case WarpKind::spline:
      return each(
          [](const Warp& by, Position at) { return spline_position(by, at); });
    case WarpKind::radial:
      return each(
          [](const Warp& by, Position at) { return radial_position(by, at); });
    case WarpKind::grid:
    case WarpKind::none:
      return;
  }
}

// Where pixels [first, first + kChunk) of output row y come from. What finds
// something out for a chunk is not inlined where it would be once more for each
// type of images: it is half of the time that these files take to compile.
HWY_NOINLINE void find_positions(const float* row, const Warp* warp,
                                 std::int32_t first, std::int32_t y,
                                 Positions& positions) {
  const auto line = static_cast<float>(y);
  if (warp == nullptr && is_affine(row)) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position =
          affine_position(row, static_cast<float>(first + i), line);
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
    return;
  }
  for (std::int32_t i = 0; i < kChunk; ++i) {
    positions.x[i] = static_cast<float>(first + i);
    positions.y[i] = line;
  }
  if (warp != nullptr) {
    move_positions(warp->row.data(), positions);
    warp_positions(*warp, positions);
  }
  move_positions(row, positions);
}

// Whether low <= position < high for all of them.
HWY_INLINE bool all_within(const float* positions, float low, float high) {
  std::int32_t outside = 0;
  for (std::int32_t i = 0; i < kChunk; ++i) {
    outside |= positions[i] < low ? 1 : 0;
    outside |= positions[i] < high ? 0 : 1;
  }
  return outside == 0;
}

// Whether fixed_index() divides, which close_index() does not.
template <FillMode mode>
inline constexpr bool kDivides =
    !(mode == FillMode::constant || mode == FillMode::nearest);

// Whether close_index() is enough for the pixels around all of them.
HWY_INLINE bool all_close(const float* positions, std::int32_t count) {
  const auto extent = static_cast<float>(count - 1);
  return all_within(positions, -extent, 2 * extent);
}

template <FillMode mode, bool close>
void find_taps(const float* HWY_RESTRICT positions, std::int32_t count,
               AxisTaps& HWY_RESTRICT axis) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const Taps taps = taps_of<mode, close>(positions[i], count);
    axis.first[i] = taps.first;
    axis.second[i] = taps.second;
    axis.first_weight[i] = taps.first_weight;
    axis.second_weight[i] = taps.second_weight;
  }
}

// Where both taps are pixels of the image for sure.
HWY_INLINE void find_inner_taps(const float* HWY_RESTRICT positions,
                                AxisTaps& HWY_RESTRICT axis) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t first = floor_index(positions[i]);
    const float fraction = positions[i] - static_cast<float>(first);
    axis.first[i] = first;
    axis.second[i] = first + 1;
    axis.first_weight[i] = 1.0F - fraction;
    axis.second_weight[i] = fraction;
  }
}

// Says whether all taps are pixels of the image without fixing.
HWY_NOINLINE bool find_axis(FillMode mode, const float* positions,
                            std::int32_t count, AxisTaps& axis) {
  if (all_within(positions, 0.0F, static_cast<float>(count - 1))) {
    find_inner_taps(positions, axis);
    return true;
  }
  const bool close = all_close(positions, count);
  with_mode(mode, [&]<FillMode kMode>() {
    if (kDivides<kMode> && close) {
      find_taps<kMode, kDivides<kMode>>(positions, count, axis);
    } else {
      find_taps<kMode, false>(positions, count, axis);
    }
  });
  return false;
}

// Where the nearest pixels are, counted in pixels; -1 for the fill value.
template <FillMode mode, bool close>
void find_nearest(const Positions& positions, std::int32_t width,
                  std::int32_t height, std::int32_t* offsets) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const std::int32_t x = nearest_index(positions.x[i]);
    const std::int32_t y = nearest_index(positions.y[i]);
    const std::int32_t offset = close ? close_index<mode>(y, height) * width +
                                            close_index<mode>(x, width)
                                      : fixed_index<mode>(y, height) * width +
                                            fixed_index<mode>(x, width);
    // Without a branch, which would not be vectors.
    const int inside = static_cast<int>(in_range(x, width)) &
                       static_cast<int>(in_range(y, height));
    offsets[i] = mode != FillMode::constant || inside != 0 ? offset : -1;
  }
}

HWY_NOINLINE void find_nearest(FillMode mode, const Positions& positions,
                               std::int32_t width, std::int32_t height,
                               std::int32_t* offsets) {
  const bool close =
      all_close(positions.x, width) && all_close(positions.y, height);
  with_mode(mode, [&]<FillMode kMode>() {
    if (kDivides<kMode> && close) {
      find_nearest<kMode, kDivides<kMode>>(positions, width, height, offsets);
    } else {
      find_nearest<kMode, false>(positions, width, height, offsets);
    }
  });
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
