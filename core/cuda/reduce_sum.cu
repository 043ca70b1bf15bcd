#include "core/cuda/element_type.h"
#include "core/cuda/reduce_sum.h"
#include "core/cuda/vector.h"

// x is (outer, repeated, inner). A block sums some of `repeated` for a tile of
// `inner`: each thread a column of it in every so many rows, which lie in
// memory as the threads are numbered. Where `repeated` is long, several blocks
// share it, and another launch sums what they found. All orders are fixed.
namespace lathe::cuda {
namespace {

struct Plan {
  std::int64_t outer = 1;
  std::int64_t repeated = 1;
  std::int64_t columns = 1;  // vectors of `inner`
  unsigned tiles = 1;
  unsigned tile = 1;  // columns
  unsigned rows = 1;  // that a block reads at once
  unsigned chunks = 1;
  std::int64_t chunk = 1;  // rows

  Grid grid(std::size_t vector_bytes) const {
    return {.blocks = dim3(
                tiles, chunks,
                static_cast<unsigned>(std::min<std::int64_t>(outer, 65535))),
            .threads = tile * rows,
            .shared_bytes = tile * rows * vector_bytes,
            .starts_early = true};
  }
};

// A fixed number, so that sums don't depend on the device: some for each
// multiprocessor of large ones.
constexpr std::int64_t kBlocks = 1024;
constexpr std::int64_t kRowsOfAThread = 8;

Plan plan_for(std::int64_t outer, std::int64_t repeated, std::int64_t columns,
              bool shared) {
  Plan plan{.outer = outer, .repeated = repeated, .columns = columns};
  const std::int64_t some = std::max<std::int64_t>(columns, 1);
  plan.tiles = static_cast<unsigned>(divide_up(some, kThreads));
  plan.tile = static_cast<unsigned>(divide_up(some, plan.tiles));
  plan.rows = static_cast<unsigned>(
      std::clamp<std::int64_t>(repeated, 1, kThreads / plan.tile));
  const std::int64_t most = divide_up(repeated, plan.rows * kRowsOfAThread);
  const std::int64_t wanted =
      divide_up(kBlocks, plan.tiles * std::max<std::int64_t>(outer, 1));
  plan.chunks = shared ? static_cast<unsigned>(std::clamp<std::int64_t>(
                             std::min(wanted, most), 1, kBlocks))
                       : 1;
  plan.chunk = divide_up(repeated, plan.chunks);
  return plan;
}

// Sums x, or x times f, to (outer, chunks, inner), over `divisor`.
template <class T, int kCount, bool kMultiplies>
__global__ void __launch_bounds__(kThreads)
    sum_rows(Plan plan, const T* x, const T* f, float divisor, float* y) {
  auto* scratch = &shared_memory<Vector<float, kCount>>();
  const unsigned row = threadIdx.x / plan.tile;
  const unsigned in_tile = threadIdx.x - row * plan.tile;
  const std::int64_t column = std::int64_t{blockIdx.x} * plan.tile + in_tile;
  const std::int64_t first = blockIdx.y * plan.chunk;
  const std::int64_t end = std::min(first + plan.chunk, plan.repeated);
  wait_for_earlier_kernels();
  for (std::int64_t o = blockIdx.z; o < plan.outer; o += gridDim.z) {
    Vector<float, kCount> sum{};
    if (column < plan.columns) {
      for (std::int64_t r = first + row; r < end; r += plan.rows) {
        const std::int64_t at =
            ((o * plan.repeated + r) * plan.columns + column) * kCount;
        const auto values = load<kCount>(x + at);
        if constexpr (kMultiplies) {
          const auto factors = load<kCount>(f + at);
          for (int k = 0; k < kCount; ++k) sum[k] += values[k] * factors[k];
        } else {
          for (int k = 0; k < kCount; ++k) sum[k] += values[k];
        }
      }
    }
    scratch[threadIdx.x] = sum;
    for (unsigned rows = plan.rows; rows > 1;) {
      const unsigned half = (rows + 1) / 2;
      __syncthreads();
      if (row + half < rows) {
        const auto other = scratch[threadIdx.x + half * plan.tile];
        for (int k = 0; k < kCount; ++k) sum[k] += other[k];
        scratch[threadIdx.x] = sum;
      }
      rows = half;
    }
    if (row == 0 && column < plan.columns) {
      for (int k = 0; k < kCount; ++k) sum[k] /= divisor;
      store(sum, y + ((o * gridDim.y + blockIdx.y) * plan.columns + column) *
                         kCount);
    }
    __syncthreads();
  }
}

template <class T, int kCount, bool kMultiplies>
Kernel reduce(const graph::BroadcastShape& shape, float divisor) {
  const std::int64_t columns = shape.inner / kCount;
  const Plan first = plan_for(shape.outer, shape.repeated, columns, true);
  const Plan second = plan_for(shape.outer, first.chunks, columns, false);
  const bool twice = first.chunks > 1;
  const std::size_t partial =
      static_cast<std::size_t>(shape.outer * first.chunks * shape.inner) *
      sizeof(float);
  constexpr std::size_t kBytes = sizeof(Vector<float, kCount>);
  return {
      .run =
          [=](const KernelArguments& call) {
            const T* x = call.input<T>(0);
            const T* f = kMultiplies ? call.input<T>(1) : nullptr;
            auto* y = call.output<float>(0);
            auto* sums = twice ? static_cast<float*>(call.workspace) : y;
            launch(call, first.grid(kBytes), sum_rows<T, kCount, kMultiplies>,
                   first, x, f, twice ? 1.0F : divisor, sums);
            if (!twice) return;
            const float* partial_sums = sums;
            const float* no_factors = nullptr;
            launch(call, second.grid(kBytes), sum_rows<float, kCount, false>,
                   second, partial_sums, no_factors, divisor, y);
          },
      .workspace_bytes = twice ? partial : 0};
}

template <bool kMultiplies>
Kernel reduce(std::string_view operation, const TensorSpec& x,
              const graph::BroadcastShape& shape, float divisor) {
  return with_element_type(operation, x, [&](auto type) {
    using T = decltype(type);
    return shape.inner % kVector == 0
               ? reduce<T, kVector, kMultiplies>(shape, divisor)
               : reduce<T, 1, kMultiplies>(shape, divisor);
  });
}

}  // namespace

Kernel means(std::string_view operation, const TensorSpec& x,
             const graph::BroadcastShape& shape) {
  return reduce<false>(operation, x, shape, static_cast<float>(shape.repeated));
}

Kernel make(const graph::ReduceSum& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const auto shape =
      graph::broadcast(operation.kName, x.shape, operation.target);
  return signature.inputs.size() == 2
             ? reduce<true>(operation.kName, x, shape, 1)
             : reduce<false>(operation.kName, x, shape, 1);
}

}  // namespace lathe::cuda
