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

#include "core/cpu/resample_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

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

// As position_of(), all pixels of one kind of warp in one loop.
HWY_INLINE void find_warped_positions(const float* row, const Warp& warp,
                                      std::int32_t first, std::int32_t y,
                                      Positions& positions) {
  const auto each = [&](const auto& position_at) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position = position_at(i);
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
  };
  const auto at = [&](std::int32_t i) -> Position {
    return {positions.x[i], positions.y[i]};
  };
  each([&](std::int32_t i) {
    return position_of(warp.row.data(), static_cast<float>(first + i),
                       static_cast<float>(y));
  });
  switch (warp.kind) {
    case WarpKind::spline:
      each([&](std::int32_t i) { return spline_position(warp, at(i)); });
      break;
    case WarpKind::grid:
      each([&](std::int32_t i) { return grid_position(warp, at(i)); });
      break;
    case WarpKind::radial:
      each([&](std::int32_t i) { return radial_position(warp, at(i)); });
      break;
    case WarpKind::none:
      break;
  }
  each([&](std::int32_t i) {
    return position_of(row, positions.x[i], positions.y[i]);
  });
}

HWY_INLINE void find_positions(const float* row, const Warp* warp,
                               std::int32_t first, std::int32_t y,
                               Positions& positions) {
  if (warp != nullptr) {
    return find_warped_positions(row, *warp, first, y, positions);
  }
  const auto line = static_cast<float>(y);
  if (is_affine(row)) {
    for (std::int32_t i = 0; i < kChunk; ++i) {
      const Position position =
          affine_position(row, static_cast<float>(first + i), line);
      positions.x[i] = position.x;
      positions.y[i] = position.y;
    }
    return;
  }
  for (std::int32_t i = 0; i < kChunk; ++i) {
    const Position position =
        position_of(row, static_cast<float>(first + i), line);
    positions.x[i] = position.x;
    positions.y[i] = position.y;
  }
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
HWY_INLINE bool find_axis(FillMode mode, const float* positions,
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
    const bool inside = mode != FillMode::constant ||
                        (in_range(x, width) & in_range(y, height));
    offsets[i] = inside ? offset : -1;
  }
}

HWY_INLINE void find_inner_nearest(const Positions& positions,
                                   std::int32_t width, std::int32_t* offsets) {
  for (std::int32_t i = 0; i < kChunk; ++i) {
    offsets[i] =
        nearest_index(positions.y[i]) * width + nearest_index(positions.x[i]);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
