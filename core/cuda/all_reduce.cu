#include "core/cuda/nccl.h"
#include "core/cuda/targets.h"
#include "core/graph/operations/all_reduce.h"

namespace lathe::cuda {
namespace {

cudaEvent_t make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "cudaEventCreate");
  return event;
}

// Where sums run beside the step; it ends with the process.
cudaStream_t reduction_stream() {
  static const cudaStream_t stream = [] {
    cudaStream_t made = nullptr;
    check(cudaStreamCreate(&made), "cudaStreamCreate");
    return made;
  }();
  return stream;
}

// When a bucket's values are there, and when their sums are.
struct Events {
  Events() : ready(make_event()), done(make_event()) {}
  ~Events() {
    cudaEventDestroy(ready);
    cudaEventDestroy(done);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  cudaEvent_t ready;
  cudaEvent_t done;
};

const Events& events(const graph::ReductionBucket& bucket) {
  return *static_cast<const Events*>(bucket.device.get());
}

using Count = unsigned long long;

struct Counts {
  Count own;
  double all;
};

__device__ void add_count(int own, Count* count) {
  const int of_warp = warp_reduce(own, Plus{}, 32);
  if (threadIdx.x % 32 == 0 && of_warp != 0) {
    atomicAdd(count, static_cast<Count>(of_warp));
  }
}

template <class Id>
__global__ void __launch_bounds__(kThreads)
    count_ids(std::int64_t count, Targets<Id> targets, Counts* counts) {
  int own = 0;
  for (std::int64_t i = thread_index(); i < count; i += thread_total()) {
    own += targets.ignored(i) ? 0 : 1;
  }
  add_count(own, &counts->own);
}

__global__ void __launch_bounds__(kThreads)
    count_distributions(Rows rows, const float* targets, Counts* counts) {
  int own = 0;
  for_rows(rows, [&](const Row& row) {
    const float* values = targets + row.start;
    const int found = row.reduce(
        0, Plus{}, [&](std::int64_t c) { return values[c] != 0 ? 1 : 0; });
    if (row.lane == 0 && found != 0) ++own;
  });
  add_count(own, &counts->own);
}

__global__ void __launch_bounds__(kThreads) prepare_sum(Counts* counts) {
  if (thread_index() == 0) counts->all = static_cast<double>(counts->own);
}

__global__ void __launch_bounds__(kThreads)
    write_share(const Counts* counts, float* share) {
  if (thread_index() != 0) return;
  *share =
      counts->all == 0
          ? 0.0F
          : static_cast<float>(static_cast<double>(counts->own) / counts->all);
}

void count_targets(const KernelArguments& call, const TensorSpec& targets,
                   Counts* counts) {
  const std::int64_t elements = targets.shape.elements();
  if (targets.dtype == DType::uint8) {
    launch(call, grid_over(elements), count_ids<std::uint8_t>, elements,
           Targets<std::uint8_t>{call.input<std::uint8_t>(0)}, counts);
  } else if (targets.dtype == DType::int32) {
    launch(call, grid_over(elements), count_ids<std::int32_t>, elements,
           Targets<std::int32_t>{call.input<std::int32_t>(0)}, counts);
  } else {
    const Rows rows(targets.shape);
    launch(call, grid_over(rows.lanes()), count_distributions, rows,
           call.input<float>(0), counts);
  }
}

}  // namespace

Kernel make(const graph::StartAllReduce& operation,
            const Signature& signature) {
  connect(*operation.bucket->ranks);
  operation.bucket->device = std::make_shared<Events>();
  std::vector<std::size_t> counts;
  for (const TensorSpec& spec : signature.inputs) {
    counts.push_back(static_cast<std::size_t>(spec.shape.elements()));
  }
  return {.run =
              [bucket = operation.bucket, counts,
               values = std::vector<std::span<float>>(counts.size())](
                  const KernelArguments& call) mutable {
                for (std::size_t i = 0; i < counts.size(); ++i) {
                  values[i] = {call.written<float>(i), counts[i]};
                }
                const Events& when = events(*bucket);
                check(cudaEventRecord(when.ready,
                                      static_cast<cudaStream_t>(call.stream)),
                      "cudaEventRecord");
                check(cudaStreamWaitEvent(reduction_stream(), when.ready),
                      "cudaStreamWaitEvent");
                all_reduce(*bucket->ranks, values, reduction_stream());
                check(cudaEventRecord(when.done, reduction_stream()),
                      "cudaEventRecord");
              },
          .implementation = "nccl"};
}

Kernel make(const graph::WaitAllReduce& operation, const Signature&) {
  return {.run =
              [bucket = operation.bucket](const KernelArguments& call) {
                check(
                    cudaStreamWaitEvent(static_cast<cudaStream_t>(call.stream),
                                        events(*bucket).done),
                    "cudaStreamWaitEvent");
              },
          .implementation = "nccl"};
}

Kernel make(const graph::TargetShare& operation, const Signature& signature) {
  connect(*operation.ranks);
  return {.run =
              [ranks = operation.ranks,
               targets = signature.inputs[0]](const KernelArguments& call) {
                auto* counts = static_cast<Counts*>(call.workspace);
                check(cudaMemsetAsync(counts, 0, sizeof(Counts),
                                      static_cast<cudaStream_t>(call.stream)),
                      "cudaMemsetAsync");
                count_targets(call, targets, counts);
                launch(call, grid_over(1), prepare_sum, counts);
                all_reduce(*ranks, std::span(&counts->all, 1), call.stream);
                launch(call, grid_over(1), write_share,
                       static_cast<const Counts*>(counts),
                       call.output<float>(0));
              },
          .workspace_bytes = sizeof(Counts)};
}

}  // namespace lathe::cuda
