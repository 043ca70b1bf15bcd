#pragma once

#include "core/cuda/vector.h"

namespace lathe::cuda {

/// How blocks go through (rows, columns), a column being what a thread reads of
/// a row: each block takes a tile of columns and a chunk of rows, and `lines`
/// rows of it at once, so that neighbouring threads read neighbouring memory.
/// Passed to kernels by value.
struct Columns {
  std::int64_t rows = 0;
  std::int64_t columns = 1;
  unsigned tiles = 1;
  unsigned tile = 1;
  unsigned lines = 1;
  unsigned chunks = 1;
  std::int64_t chunk = 1;

  /// At most so many blocks, and tiles of at most so many columns. A thread has
  /// a multiple of `group` rows where they last.
  Columns(std::int64_t row_count, std::int64_t column_count,
          std::int64_t most_blocks, std::int64_t group,
          std::int64_t most_columns = kThreads)
      : rows(row_count), columns(column_count) {
    const std::int64_t some = std::max<std::int64_t>(columns, 1);
    tiles = static_cast<unsigned>(divide_up(some, most_columns));
    tile = static_cast<unsigned>(divide_up(some, tiles));
    lines = static_cast<unsigned>(
        std::clamp<std::int64_t>(rows, 1, kThreads / tile));
    const std::int64_t wanted =
        std::clamp<std::int64_t>(most_blocks / tiles, 1, kMostChunks);
    const std::int64_t at_once = lines * group;
    chunk =
        std::max<std::int64_t>(divide_up(rows, wanted * at_once), 1) * at_once;
    chunks = static_cast<unsigned>(
        std::max<std::int64_t>(divide_up(rows, chunk), 1));
  }

  /// `layers` times the blocks, one layer after another along x.
  Grid grid(std::size_t shared_bytes_a_thread = 0, unsigned layers = 1) const {
    return {.blocks = dim3(tiles * layers, chunks),
            .threads = tile * lines,
            .shared_bytes = tile * lines * shared_bytes_a_thread,
            .starts_early = true};
  }

 private:
  static constexpr std::int64_t kMostChunks = 65535;
};

/// Blocks that sum: a number that doesn't depend on the device, so that the
/// sums don't either.
inline constexpr std::int64_t kSummingBlocks = 1024;
/// So many columns they take at most: what a tile is the fewer threads of a
/// block share it, and the less of them is left for another launch to sum.
inline constexpr std::int64_t kSummingColumns = 64;

/// Rows first, first + step, ... below end of a column. It is made before a
/// kernel touches memory, since it waits for earlier kernels.
struct RowsOfThread {
  std::int64_t column;
  std::int64_t first;
  std::int64_t end;  // 0 where the tile goes beyond the columns
  std::int64_t step;
  bool is_first_line;
  unsigned layer;

  __device__ explicit RowsOfThread(const Columns& all) {
    const unsigned line = threadIdx.x / all.tile;
    layer = blockIdx.x / all.tiles;
    column = std::int64_t{blockIdx.x - layer * all.tiles} * all.tile +
             threadIdx.x - line * all.tile;
    first = blockIdx.y * all.chunk + line;
    step = all.lines;
    end = column < all.columns
              ? std::min((blockIdx.y + 1) * all.chunk, all.rows)
              : 0;
    is_first_line = line == 0 && column < all.columns;
    wait_for_earlier_kernels();
  }

  /// How many rows there are from `row` on, at most `most`.
  __device__ int count_from(std::int64_t row, int most) const {
    return row + (most - 1) * step < end
               ? most
               : static_cast<int>((end - row + step - 1) / step);
  }
};

/// kCount sums of a thread.
template <class T, int kCount>
struct Sums {
  T values[kCount]{};

  __device__ T& operator[](int i) { return values[i]; }
  __device__ const T& operator[](int i) const { return values[i]; }
  __device__ Sums& operator+=(const Sums& other) {
    for (int i = 0; i < kCount; ++i) values[i] += other[i];
    return *this;
  }
};

/// Adds up what the lines of a block have, always in the same order; the first
/// line gets the sums. Every thread of the block takes part; shared memory
/// holds a T for each.
template <class T>
__device__ void add_lines(const Columns& all, T& own) {
  auto* scratch = &shared_memory<T>();
  const unsigned line = threadIdx.x / all.tile;
  scratch[threadIdx.x] = own;
  for (unsigned lines = all.lines; lines > 1;) {
    const unsigned half = (lines + 1) / 2;
    __syncthreads();
    if (line + half < lines) {
      own += scratch[threadIdx.x + half * all.tile];
      scratch[threadIdx.x] = own;
    }
    lines = half;
  }
}

template <class T, class Finish>
__global__ void __launch_bounds__(kThreads)
    sum_chunks_kernel(Columns all, const T* partial, Finish finish) {
  const RowsOfThread rows(all);
  T own{};
  for (std::int64_t row = rows.first; row < rows.end; row += rows.step) {
    own += partial[row * all.columns + rows.column];
  }
  add_lines(all, own);
  if (rows.is_first_line) finish(rows.column, own);
}

/// For sum_chunks(), where nothing follows the sums.
template <class T>
struct KeepSums {
  T* sums;

  __device__ void operator()(std::int64_t column, const T& sum) const {
    sums[column] = sum;
  }
};

/// Sums (chunks, columns), which blocks have left, and calls finish(column,
/// sum).
template <class T, class Finish>
void sum_chunks(const KernelArguments& call, std::int64_t chunks,
                std::int64_t columns, const T* partial, const Finish& finish) {
  // Few columns, so that many threads share the chunks of one; yet all that a
  // read from memory brings.
  constexpr std::int64_t kColumns = 8;
  const std::int64_t tiles = divide_up(columns, kColumns);
  const Columns all(chunks, columns, tiles, 1, kColumns);
  launch(call, all.grid(sizeof(T)), sum_chunks_kernel<T, Finish>, all, partial,
         finish);
}

}  // namespace lathe::cuda
