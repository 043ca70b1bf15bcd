// Passes over the rows of a ChannelRows. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_ROW_SWEEP_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_ROW_SWEEP_H_
#undef LATHE_CORE_CPU_ROW_SWEEP_H_
#else
#define LATHE_CORE_CPU_ROW_SWEEP_H_
#endif

#include <array>

#include "core/cpu/channel_rows.h"
#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Calls prepare(v)(lanes, offset) for every vector of rows [first, last), v
/// its column: what prepare loads serves four rows.
template <class Prepare>
HWY_INLINE void sweep_rows(const ChannelRows& shape, std::int64_t first,
                           std::int64_t last, Prepare prepare) {
  const std::int64_t width = shape.width;
  std::int64_t row = first;
  for (; row + 4 <= last; row += 4) {
    for (std::int64_t v = 0; v < width; v += kLanes) {
      const auto column = prepare(v);
      const std::int64_t offset = row * width + v;
      column(Whole(), offset);
      column(Whole(), offset + width);
      column(Whole(), offset + 2 * width);
      column(Whole(), offset + 3 * width);
    }
  }
  for (; row < last; ++row) {
    for (std::int64_t v = 0; v < width; v += kLanes) {
      prepare(v)(Whole(), row * width + v);
    }
  }
}

/// The same for the tail.
template <class Prepare>
HWY_INLINE void sweep_tail(const ChannelRows& shape, Prepare prepare) {
  const std::int64_t start = shape.rows * shape.width;
  for_vectors(0, shape.tail, [&](auto lanes, std::int64_t v) HWY_ATTR {
    prepare(v)(lanes, start + v);
  });
}

/// The rows of a chunk, and after the last chunk the tail.
template <class Prepare>
HWY_INLINE void sweep_chunk(const ChannelRows& shape, std::int64_t chunk,
                            Prepare prepare) {
  const std::int64_t first = chunk * shape.chunk_rows;
  sweep_rows(shape, first, std::min(first + shape.chunk_rows, shape.rows),
             prepare);
  if (chunk == shape.chunks - 1) sweep_tail(shape, prepare);
}

/// Sums, column by column, the kSums vectors that prepare(v)(lanes, offset)
/// returns. Replaces sums[s * width + v].
template <std::size_t kSums, class Prepare>
HWY_INLINE void sum_rows(const ChannelRows& shape, std::int64_t first,
                         std::int64_t last, float* sums, Prepare prepare) {
  const std::int64_t width = shape.width;
  std::fill_n(sums, static_cast<std::int64_t>(kSums) * width, 0.0F);
  std::int64_t row = first;
  for (; row + 4 <= last; row += 4) {
    for (std::int64_t v = 0; v < width; v += kLanes) {
      const auto column = prepare(v);
      const std::int64_t offset = row * width + v;
      const auto a = column(Whole(), offset);
      const auto b = column(Whole(), offset + width);
      const auto c = column(Whole(), offset + 2 * width);
      const auto d = column(Whole(), offset + 3 * width);
      for (std::size_t s = 0; s < kSums; ++s) {
        float* sum = sums + static_cast<std::int64_t>(s) * width + v;
        const Vector four = hn::Add(hn::Add(a[s], b[s]), hn::Add(c[s], d[s]));
        Whole().store(hn::Add(Whole().load(sum), four), sum);
      }
    }
  }
  for (; row < last; ++row) {
    for (std::int64_t v = 0; v < width; v += kLanes) {
      const auto a = prepare(v)(Whole(), row * width + v);
      for (std::size_t s = 0; s < kSums; ++s) {
        float* sum = sums + static_cast<std::int64_t>(s) * width + v;
        Whole().store(hn::Add(Whole().load(sum), a[s]), sum);
      }
    }
  }
}

/// The same for the tail.
template <std::size_t kSums, class Prepare>
HWY_INLINE void sum_tail(const ChannelRows& shape, float* sums,
                         Prepare prepare) {
  const std::int64_t start = shape.rows * shape.width;
  std::fill_n(sums, static_cast<std::int64_t>(kSums) * shape.width, 0.0F);
  for_vectors(0, shape.tail, [&](auto lanes, std::int64_t v) HWY_ATTR {
    const auto a = prepare(v)(lanes, start + v);
    for (std::size_t s = 0; s < kSums; ++s) {
      Whole().store(lanes.keep(a[s]),
                    sums + static_cast<std::int64_t>(s) * shape.width + v);
    }
  });
}

/// Rows that are summed in float32 before they join a sum in float64: few
/// enough to stay in a core's cache, and to lose no more than a few bits.
inline std::int64_t block_rows(const ChannelRows& shape) {
  constexpr std::int64_t kBlock = 8192;
  return std::clamp<std::int64_t>(kBlock / shape.width, 16, 128) / 4 * 4;
}

/// Sums a chunk's columns in float64: totals[s * width + v]. `sums` is room
/// for kSums rows.
template <std::size_t kSums, class Prepare>
HWY_INLINE void sum_chunk(const ChannelRows& shape, std::int64_t chunk,
                          float* sums, double* totals, Prepare prepare) {
  const std::int64_t count = static_cast<std::int64_t>(kSums) * shape.width;
  const auto join = [&] {
    for (std::int64_t i = 0; i < count; ++i) {
      totals[i] += static_cast<double>(sums[i]);
    }
  };
  std::fill_n(totals, count, 0.0);
  const std::int64_t first = chunk * shape.chunk_rows;
  const std::int64_t last = std::min(first + shape.chunk_rows, shape.rows);
  const std::int64_t block = block_rows(shape);
  for (std::int64_t row = first; row < last; row += block) {
    sum_rows<kSums>(shape, row, std::min(row + block, last), sums, prepare);
    join();
  }
  if (chunk == shape.chunks - 1 && shape.tail > 0) {
    sum_tail<kSums>(shape, sums, prepare);
    join();
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
