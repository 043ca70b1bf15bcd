#include "core/cuda/divisor.h"
#include "core/cuda/targets.h"
#include "core/graph/operations/metric.h"

// Counts are whole numbers: added in any order they are the same.
namespace lathe::cuda {
namespace {

using Count = unsigned long long;

// In all lanes of the row.
template <class T>
__device__ int predicted_class(const Rows& rows, const Row& row, const T* p,
                               double threshold) {
  const T* values = p + row.start;
  if (rows.classes != 1) return first_largest(row, values);
  return row.exists() && *values > threshold ? 1 : 0;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    predict(Rows rows, double threshold, bool ignore_zeros, const T* p,
            std::int32_t* classes) {
  for_rows(rows, [&](const Row& row) {
    int result = predicted_class(rows, row, p, threshold);
    const T* values = p + row.start;
    const int found = row.reduce(
        0, Plus{}, [&](std::int64_t c) { return values[c] != 0 ? 1 : 0; });
    if (ignore_zeros && found == 0) result = graph::kIgnoredLabel;
    if (row.exists() && row.lane == 0) classes[row.number] = result;
  });
}

// Blocks count in shared memory where the matrix has room there.
template <class T, class Id>
__global__ void __launch_bounds__(kThreads)
    count_pairs(Rows rows, double threshold, std::int32_t classes, bool shared,
                const T* p, Targets<Id> targets, Count* counts) {
  auto* own = &shared_memory<unsigned>();
  const int cells = classes * classes;
  if (shared) {
    for (int i = static_cast<int>(threadIdx.x); i < cells; i += kThreads) {
      own[i] = 0;
    }
    __syncthreads();
  }
  for_rows(rows, [&](const Row& row) {
    const int predicted = predicted_class(rows, row, p, threshold);
    if (!row.exists() || row.lane != 0 || targets.ignored(row.number)) return;
    const std::int32_t t = targets.at(row.number);
    if (t < 0 || t >= classes) return;
    const int cell = t * classes + predicted;
    if (shared) {
      atomicAdd(own + cell, 1U);
    } else {
      atomicAdd(counts + cell, Count{1});
    }
  });
  if (!shared) return;
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < cells; i += kThreads) {
    if (own[i] != 0) atomicAdd(counts + i, Count{own[i]});
  }
}

template <class T, class Id>
__global__ void __launch_bounds__(kThreads)
    count_found(Rows rows, std::int64_t k, const T* p, Targets<Id> targets,
                Count* found) {
  for_rows(rows, [&](const Row& row) {
    const std::int32_t t = row.exists() ? targets.at(row.number) : 0;
    const bool counts =
        row.exists() && !targets.ignored(row.number) && t >= 0 && t < row.end;
    const T* values = p + row.start;
    const T own = counts ? values[t] : T{0};
    const int larger = row.reduce(
        0, Plus{}, [&](std::int64_t c) { return values[c] > own ? 1 : 0; });
    // One addition a warp.
    const unsigned votes =
        __ballot_sync(kAllLanes, counts && row.lane == 0 && larger < k);
    if (threadIdx.x % 32 == 0 && votes != 0) {
      atomicAdd(found, static_cast<Count>(__popc(votes)));
    }
  });
}

void clear(const KernelArguments& call, std::size_t bytes) {
  check(cudaMemsetAsync(call.outputs[0], 0, bytes,
                        static_cast<cudaStream_t>(call.stream)),
        "cudaMemsetAsync");
}

template <class Id>
Kernel confusion(const graph::ConfusionMatrix& operation, const Rows& rows) {
  const auto classes = static_cast<std::int32_t>(operation.classes);
  const std::size_t cells =
      static_cast<std::size_t>(operation.classes * operation.classes);
  const bool shared = cells <= 4096;
  Grid grid = grid_over(rows.lanes());
  if (shared) grid.shared_bytes = cells * sizeof(unsigned);
  return {
      .run = [=, threshold = operation.threshold](const KernelArguments& call) {
        clear(call, cells * sizeof(Count));
        launch(call, grid, count_pairs<float, Id>, rows, threshold, classes,
               shared, call.input<float>(0), Targets<Id>{call.input<Id>(1)},
               call.output<Count>(0));
      }};
}

template <class Id>
Kernel top_k(const graph::TopK& operation, const Rows& rows) {
  return {.run = [rows, k = operation.k](const KernelArguments& call) {
    clear(call, sizeof(Count));
    launch(call, grid_over(rows.lanes()), count_found<float, Id>, rows, k,
           call.input<float>(0), Targets<Id>{call.input<Id>(1)},
           call.output<Count>(0));
  }};
}

}  // namespace

Kernel make(const graph::PredictedClass& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return {.run = [rows, operation](const KernelArguments& call) {
    launch(call, grid_over(rows.lanes()), predict<float>, rows,
           operation.threshold, operation.ignore_zeros, call.input<float>(0),
           call.output<std::int32_t>(0));
  }};
}

Kernel make(const graph::ConfusionMatrix& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return signature.inputs[1].dtype == DType::uint8
             ? confusion<std::uint8_t>(operation, rows)
             : confusion<std::int32_t>(operation, rows);
}

Kernel make(const graph::TopK& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return signature.inputs[1].dtype == DType::uint8
             ? top_k<std::uint8_t>(operation, rows)
             : top_k<std::int32_t>(operation, rows);
}

}  // namespace lathe::cuda
