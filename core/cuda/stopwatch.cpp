#include "core/cuda/stopwatch.h"

#include "core/cuda/runtime.h"

namespace lathe::cuda {

void Stopwatch::mark(void* stream) {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "cudaEventCreate");
  events_.emplace_back(
      event, [](void* e) { cudaEventDestroy(static_cast<cudaEvent_t>(e)); });
  check(cudaEventRecord(event, static_cast<cudaStream_t>(stream)),
        "cudaEventRecord");
}

std::vector<double> Stopwatch::milliseconds() const {
  const auto event = [&](std::size_t i) {
    return static_cast<cudaEvent_t>(events_[i].get());
  };
  std::vector<double> result;
  if (events_.empty()) return result;
  check(cudaEventSynchronize(event(events_.size() - 1)),
        "cudaEventSynchronize");
  for (std::size_t i = 0; i < events_.size(); ++i) {
    float since = 0;
    check(cudaEventElapsedTime(&since, event(0), event(i)),
          "cudaEventElapsedTime");
    result.push_back(since);
  }
  return result;
}

}  // namespace lathe::cuda
