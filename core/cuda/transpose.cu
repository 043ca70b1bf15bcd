#include "core/cuda/launch.h"
#include "core/cuda/transpose.h"

namespace lathe::cuda {
namespace {

constexpr unsigned kTile = 32;
constexpr unsigned kRows = 8;

// One more in a row, so that a column lies in different banks.
using Tile = float[kTile][kTile + 1];

// A block for each square of kTile by kTile, by kTile by kRows threads.
template <class From, class To>
__global__ void __launch_bounds__(kTile* kRows)
    transpose_kernel(std::int64_t rows, std::int64_t columns, const From* from,
                     To* to) {
  auto& tile = shared_memory<Tile>();
  const std::int64_t row = std::int64_t{blockIdx.y} * kTile;
  const std::int64_t column = std::int64_t{blockIdx.x} * kTile;
  wait_for_earlier_kernels();
  for (unsigned i = threadIdx.y; i < kTile; i += kRows) {
    if (row + i < rows && column + threadIdx.x < columns) {
      tile[i][threadIdx.x] = from[(row + i) * columns + column + threadIdx.x];
    }
  }
  __syncthreads();
  for (unsigned i = threadIdx.y; i < kTile; i += kRows) {
    if (column + i < columns && row + threadIdx.x < rows) {
      to[(column + i) * rows + row + threadIdx.x] =
          static_cast<To>(tile[threadIdx.x][i]);
    }
  }
}

}  // namespace

template <class From, class To>
void transpose(const KernelArguments& call, std::int64_t rows,
               std::int64_t columns, const From* from, To* to) {
  launch(call,
         {.blocks = dim3(static_cast<unsigned>(divide_up(columns, kTile)),
                         static_cast<unsigned>(divide_up(rows, kTile))),
          .threads = dim3(kTile, kRows),
          .shared_bytes = sizeof(Tile),
          .starts_early = true},
         transpose_kernel<From, To>, rows, columns, from, to);
}

template void transpose(const KernelArguments&, std::int64_t, std::int64_t,
                        const float*, float*);
template void transpose(const KernelArguments&, std::int64_t, std::int64_t,
                        const BFloat16*, BFloat16*);
template void transpose(const KernelArguments&, std::int64_t, std::int64_t,
                        const BFloat16*, float*);

}  // namespace lathe::cuda
