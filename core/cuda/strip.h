#pragma once

#include "core/cuda/vector.h"
#include "core/cuda/window.h"

// How threads go down images: each at some neighbouring columns.
namespace lathe::cuda {

/// Blocks that a multiprocessor has to hold: where nothing is asked for, ptxas
/// spills some registers for one more.
inline constexpr int kStripBlocksHeld = 1;

/// The rows of images in strips, each cut into pieces of `rows` rows, for the
/// threads of a kernel.
struct StripPieces {
  struct Place {
    std::uint32_t image;
    int row;
    int column;
  };

  Divisor strips;
  Divisor cuts;
  std::uint32_t count;
  int rows;
  int strip;

  /// Of images (N, H, W, ...).
  StripPieces(const Shape& shape, std::int64_t rows_of_piece, int columns)
      : strips(divide_up(shape[2], columns)),
        cuts(divide_up(shape[1], rows_of_piece)),
        count(static_cast<std::uint32_t>(shape[0]) * cuts.value() *
              strips.value()),
        rows(static_cast<int>(rows_of_piece)),
        strip(columns) {}

  /// Where piece `number` begins.
  __device__ Place place(std::uint32_t number) const {
    const std::uint32_t line = strips.quotient(number);
    const std::uint32_t image = cuts.quotient(line);
    return {.image = image,
            .row = static_cast<int>(line - image * cuts.value()) * rows,
            .column = static_cast<int>(number - line * strips.value()) * strip};
  }
};

/// Whether 0 <= i < extent, in one comparison.
__device__ inline bool is_below(int i, int extent) {
  return static_cast<unsigned>(i) < static_cast<unsigned>(extent);
}

/// Neighbouring columns of a row of the image at a vector of channels, zeros
/// where there are none.
template <class T, int kColumns, int kCount>
struct StripRow {
  StoredVector<T, kCount> values[kColumns];

  /// From column `first` on, where the row is there at all.
  __device__ StripRow(const T* row, std::uint32_t channels, int width,
                      int first, bool is_there) {
    const auto step = static_cast<int>(channels);
    const T* from = row + std::int64_t{first} * step;
    for (int i = 0; i < kColumns; ++i) {
      if (is_there && is_below(first + i, width)) {
        values[i].read(from + i * step);
      }
    }
  }

  __device__ float at(int column, int k) const { return values[column][k]; }
};

/// Calls work(thread) for each thread of the grid.
template <class Work>
__global__ void __launch_bounds__(kThreads, kStripBlocksHeld)
    strip_kernel(Work work) {
  wait_for_earlier_kernels();
  work(static_cast<std::uint32_t>(thread_index()));
}

}  // namespace lathe::cuda
