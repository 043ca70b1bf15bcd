// Passes over a ChannelRows by pieces. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_ROW_PIECES_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_ROW_PIECES_H_
#undef LATHE_CORE_CPU_ROW_PIECES_H_
#else
#define LATHE_CORE_CPU_ROW_PIECES_H_
#endif

#include "core/cpu/row_sweep.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// A tensor in pieces of rows that stay in a core's cache, dealt out in tasks
/// whatever the number of threads. What doesn't fill a row is a piece of the
/// last task.
struct RowPieces {
  ChannelRows shape;
  std::int64_t piece;  // rows
  std::int64_t rows;   // of a task
  std::int64_t tasks;

  RowPieces(std::int64_t pixels, std::int64_t channel_count)
      : shape(pixels, channel_count) {
    // To stay in a cache of 512 kB beside what is made from it.
    constexpr std::int64_t kFloats = 12288;
    constexpr std::int64_t kMostTasks = 32;
    const std::int64_t block = block_rows(shape);
    piece = std::max(kFloats / shape.width / block, std::int64_t{1}) * block;
    const std::int64_t count = (shape.rows + piece - 1) / piece;
    rows = std::max((count + kMostTasks - 1) / kMostTasks, std::int64_t{1}) *
           piece;
    tasks = std::max((shape.rows + rows - 1) / rows, std::int64_t{1});
  }

  std::int64_t piece_floats() const { return piece * shape.width; }

  /// Of the piece of a task that begins with that row, or 0.
  std::int64_t floats_of(std::int64_t task, std::int64_t row) const {
    const std::int64_t end = std::min((task + 1) * rows, shape.rows);
    return std::clamp<std::int64_t>(end - row, 0, piece) * shape.width;
  }

  /// Calls f(first, last, pixels) for the rows of each piece, first being last
  /// for what fills none.
  template <class F>
  void for_each(std::int64_t task, F&& f) const {
    const std::int64_t end = std::min((task + 1) * rows, shape.rows);
    for (std::int64_t row = task * rows; row < end; row += piece) {
      const std::int64_t last = std::min(row + piece, end);
      f(row, last, (last - row) * shape.copies);
    }
    if (task == tasks - 1 && shape.tail > 0) {
      f(shape.rows, shape.rows, shape.tail / shape.channels);
    }
  }
};

/// Adds the sums of the two vectors that prepare(v)(lanes, offset) returns,
/// over rows [first, last) or, where there are none, over the tail: sum s of
/// place v to totals[s * width + v]. `sums` is room for two rows.
template <class Prepare>
HWY_INLINE void sum_piece(const ChannelRows& shape, std::int64_t first,
                          std::int64_t last, float* sums, double* totals,
                          Prepare prepare) {
  const auto join = [&] {
    for (std::int64_t i = 0; i < 2 * shape.width; ++i) {
      totals[i] += static_cast<double>(sums[i]);
    }
  };
  if (first == last) {
    sum_tail<2>(shape, sums, prepare);
    join();
  }
  const std::int64_t block = block_rows(shape);
  for (std::int64_t row = first; row < last; row += block) {
    sum_rows<2>(shape, row, std::min(row + block, last), sums, prepare);
    join();
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
