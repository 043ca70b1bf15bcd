#include "core/cuda/launch.h"
#include "core/cuda/transpose.h"

namespace lathe::cuda {
namespace {

constexpr unsigned kTile = 32;
constexpr unsigned kRows = 8;

// One more in a row, so that a column lies in different banks.
using Tile = float[kTile][kTile + 1];

// A block for each square of kTile by kTile, by kTile by kRows threads.
__global__ void __launch_bounds__(kTile* kRows)
    transpose_kernel(std::int64_t rows, std::int64_t columns, const float* from,
                     float* to) {
  auto& tile = shared_memory<Tile>();
  const std::int64_t row = std::int64_t{blockIdx.y} * kTile;
  const std::int64_t column = std::int64_t{blockIdx.x} * kTile;
  for (unsigned i = threadIdx.y; i < kTile; i += kRows) {
    if (row + i < rows && column + threadIdx.x < columns) {
      tile[i][threadIdx.x] = from[(row + i) * columns + column + threadIdx.x];
    }
  }
  __syncthreads();
  for (unsigned i = threadIdx.y; i < kTile; i += kRows) {
    if (column + i < columns && row + threadIdx.x < rows) {
      to[(column + i) * rows + row + threadIdx.x] = tile[threadIdx.x][i];
    }
  }
}

}  // namespace

void transpose(const KernelArguments& call, std::int64_t rows,
               std::int64_t columns, const float* from, float* to) {
  launch(call,
         {.blocks = dim3(static_cast<unsigned>(divide_up(columns, kTile)),
                         static_cast<unsigned>(divide_up(rows, kTile))),
          .threads = dim3(kTile, kRows),
          .shared_bytes = sizeof(Tile)},
         transpose_kernel, rows, columns, from, to);
}

}  // namespace lathe::cuda
