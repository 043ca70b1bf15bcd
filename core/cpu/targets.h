#pragma once

#include <algorithm>
#include <cstdint>

#include "core/graph/operations/loss.h"
#include "core/parallel.h"

namespace lathe::cpu {

/// Consecutive pieces of a tensor's rows for sums over them: few, and the same
/// whatever the number of threads.
struct Pieces {
  std::int64_t rows = 0;
  std::int64_t size = 1;
  std::int64_t count = 0;

  Pieces(std::int64_t row_count, std::int64_t grain) : rows(row_count) {
    constexpr std::int64_t kMost = 32;
    constexpr std::int64_t kUnit = 16;
    size = std::max(grain, (rows + kMost - 1) / kMost);
    size = (size + kUnit - 1) / kUnit * kUnit;
    count = (rows + size - 1) / size;
  }

  /// Calls body(piece, first, last) for each.
  template <class F>
  void run(F&& body) const {
    parallel_tasks(count, [&](std::int64_t piece) {
      body(piece, piece * size, std::min(rows, (piece + 1) * size));
    });
  }
};

/// Calls make(T{}) with T the type of class ids, uint8 or int32.
template <class Make>
auto with_target_type(DType dtype, Make make) {
  return dtype == DType::uint8 ? make(std::uint8_t{}) : make(std::int32_t{});
}

/// Whether a target counts neither in losses nor in metrics.
template <class T>
bool is_ignored(T target) {
  return target == graph::ignored_target(dtype_of<T>);
}

/// How many of the targets [first, last) are not to ignore.
template <class T>
std::int64_t counted(const T* targets, std::int64_t first, std::int64_t last) {
  std::int64_t ignored = 0;
  for (std::int64_t i = first; i < last; ++i) {
    ignored += is_ignored(targets[i]) ? 1 : 0;
  }
  return last - first - ignored;
}

/// How many of all targets are not to ignore; `counts` is room for a number a
/// piece.
template <class T>
std::int64_t counted(const Pieces& pieces, const T* targets,
                     std::int64_t* counts) {
  pieces.run([=](std::int64_t piece, std::int64_t first, std::int64_t last) {
    counts[piece] = counted(targets, first, last);
  });
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < pieces.count; ++i) total += counts[i];
  return total;
}

/// The mean of the sums of pieces, zero where nothing was counted.
inline float mean_of(const Pieces& pieces, const double* sums,
                     std::int64_t count) {
  double total = 0;
  for (std::int64_t i = 0; i < pieces.count; ++i) total += sums[i];
  return count == 0 ? 0.0F
                    : static_cast<float>(total / static_cast<double>(count));
}

}  // namespace lathe::cpu
