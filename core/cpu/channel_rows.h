#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "core/parallel.h"
#include "core/shape.h"

namespace lathe::cpu {

/// A tensor (..., C) seen as rows of `width` = copies C elements, a multiple of
/// 16, so that kernels working channel by channel meet whole vectors only. What
/// doesn't fill a row is the tail. Rows are dealt out in chunks, which do not
/// depend on the number of threads.
struct ChannelRows {
  std::int64_t channels = 1;
  std::int64_t elements = 0;  ///< of the whole tensor
  std::int64_t copies = 1;
  std::int64_t width = 16;
  std::int64_t rows = 0;
  std::int64_t tail = 0;
  std::int64_t chunk_rows = 1;
  std::int64_t chunks = 1;

  ChannelRows(std::int64_t pixels, std::int64_t channel_count)
      : channels(channel_count), elements(pixels * channel_count) {
    constexpr std::int64_t kUnit = 16;
    constexpr std::int64_t kLeastWidth = 64;
    constexpr std::int64_t kMostChunks = 32;
    constexpr std::int64_t kLeastChunk = 16384;
    const std::int64_t unit = kUnit / std::gcd(kUnit, channels);
    copies =
        unit * std::max<std::int64_t>(
                   (kLeastWidth + channels * unit - 1) / (channels * unit), 1);
    width = copies * channels;
    rows = elements / width;
    tail = elements % width;
    chunk_rows = std::max({(rows + kMostChunks - 1) / kMostChunks,
                           (kLeastChunk + width - 1) / width, std::int64_t{1}});
    chunk_rows = (chunk_rows + 3) / 4 * 4;
    chunks = std::max<std::int64_t>((rows + chunk_rows - 1) / chunk_rows, 1);
  }

  /// Repeats a vector of C values over a row.
  void spread(const float* values, float* row) const {
    for (std::int64_t copy = 0; copy < copies; ++copy) {
      std::copy_n(values, channels, row + copy * channels);
    }
  }

  /// Adds up each chunk's row of sums, `stride` elements apart, to C totals.
  void fold(const double* sums, std::int64_t stride, double* totals) const {
    parallel_ranges(channels, 128, [&](std::int64_t first, std::int64_t last) {
      std::fill(totals + first, totals + last, 0.0);
      for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        for (std::int64_t copy = 0; copy < copies; ++copy) {
          const double* row = sums + chunk * stride + copy * channels;
          for (std::int64_t c = first; c < last; ++c) totals[c] += row[c];
        }
      }
    });
  }
};

/// The pixels of a tensor (..., C): all axes but the last.
inline std::int64_t pixels_of(const Shape& shape) {
  return shape.back() == 0 ? 0 : shape.elements() / shape.back();
}

}  // namespace lathe::cpu
