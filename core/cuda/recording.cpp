#include "core/cuda/recording.h"

#include "core/cuda/memory.h"
#include "core/cuda/runtime.h"

namespace lathe::cuda {
namespace {

cudaStream_t recorded_stream() {
  return static_cast<cudaStream_t>(stream());
}

// Ends a recording that came to nothing, so that the stream works again.
void abandon() {
  cudaGraph_t graph = nullptr;
  if (cudaStreamEndCapture(recorded_stream(), &graph) == cudaSuccess) {
    cudaGraphDestroy(graph);
  }
  cudaGetLastError();
}

}  // namespace

Recording::Recording(const std::function<void()>& work) {
  // Threads that load data go on with what they do on the GPU.
  check(cudaStreamBeginCapture(recorded_stream(),
                               cudaStreamCaptureModeThreadLocal),
        "cudaStreamBeginCapture");
  try {
    work();
  } catch (...) {
    abandon();
    throw;
  }
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(recorded_stream(), &graph);
  if (ended != cudaSuccess) cudaGetLastError();
  check(ended, "cudaStreamEndCapture");
  cudaGraphExec_t ready = nullptr;
  const cudaError_t made = cudaGraphInstantiate(&ready, graph, 0);
  cudaGraphDestroy(graph);
  check(made, "cudaGraphInstantiate");
  graph_ = std::shared_ptr<void>(ready, [](void* g) {
    cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(g));
  });
}

void Recording::replay() const {
  check(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph_.get()),
                        recorded_stream()),
        "cudaGraphLaunch");
}

}  // namespace lathe::cuda
