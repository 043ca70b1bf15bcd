#include <cuda_emulation/runtime.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

using Work = std::function<void()>;

// A recorded stream's works in their order.
struct CUgraph_st {
  std::vector<Work> works;
};

struct CUgraphExec_st {
  std::vector<Work> works;
};

struct CUstream_st {
  bool late = false;
  // Works given and done so far; those between the two wait.
  std::uint64_t given = 0;
  std::uint64_t done = 0;
  std::deque<Work> waiting;
  CUgraph_st* recording = nullptr;
  std::thread::id recorder;
  bool spoiled = false;

  void run_until(std::uint64_t position) {
    while (done < position) {
      const Work work = std::move(waiting.front());
      waiting.pop_front();
      ++done;
      const cuda_emulation::DeviceAccess access;
      work();
    }
  }
};

struct CUevent_st {
  CUstream_st* stream = nullptr;
  std::uint64_t position = 0;
  // Where it was recorded in a recording, which streams that wait for it join.
  CUgraph_st* recording = nullptr;
};

namespace cuda_emulation {
namespace {

std::recursive_mutex device_mutex;
std::vector<CUstream_st*> streams;
Late late = Late::none;
Statistics counts;
bool spoils = false;
// Works until the device is lost; negative for never.
std::int64_t works_left = -1;
bool lost = false;

bool is_late(std::size_t stream) {
  return late == Late::all || (late == Late::first && stream == 0) ||
         (late == Late::others && stream != 0);
}

void run_all() {
  for (CUstream_st* const stream : streams) stream->run_until(stream->given);
}

// Whether this thread records; what it then must not do spoils the recording.
bool spoils_recording() {
  for (CUstream_st* const stream : streams) {
    if (stream->recording != nullptr &&
        stream->recorder == std::this_thread::get_id()) {
      stream->spoiled = true;
      return true;
    }
  }
  return false;
}

}  // namespace

void set_late(Late wanted) {
  const std::lock_guard lock(device_mutex);
  run_all();
  late = wanted;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i]->late = is_late(i);
  }
}

const Statistics& statistics() {
  return counts;
}

void spoil_recordings(bool spoil) {
  spoils = spoil;
}

void lose_device_after(std::int64_t works) {
  const std::lock_guard lock(device_mutex);
  works_left = works;
  lost = false;
}

cudaError_t waits_for_device() {
  const std::lock_guard lock(device_mutex);
  if (lost) return cudaErrorIllegalAddress;
  if (spoils_recording()) return cudaErrorStreamCaptureUnsupported;
  run_all();
  return cudaSuccess;
}

cudaError_t give(cudaStream_t stream, Work work) {
  const std::lock_guard lock(device_mutex);
  if (works_left >= 0 && works_left-- == 0) lost = true;
  if (lost) return cudaErrorIllegalAddress;
  if (stream == nullptr) {
    if (const cudaError_t error = waits_for_device()) return error;
    const DeviceAccess access;
    work();
    return cudaSuccess;
  }
  if (stream->recording != nullptr) {
    stream->recording->works.push_back(std::move(work));
    return cudaSuccess;
  }
  stream->waiting.push_back(std::move(work));
  ++stream->given;
  if (!stream->late) stream->run_until(stream->given);
  return cudaSuccess;
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(device_mutex);
  *stream = new CUstream_st{.late = is_late(streams.size())};
  streams.push_back(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, 0);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(device_mutex);
  if (lost) return cudaErrorIllegalAddress;
  if (spoils_recording()) return cudaErrorStreamCaptureUnsupported;
  if (stream != nullptr) stream->run_until(stream->given);
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  return waits_for_device();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, 0);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(device_mutex);
  if (lost) return cudaErrorIllegalAddress;
  // All that no stream was given is done.
  *event = {};
  if (stream == nullptr) return cudaSuccess;
  *event = {.stream = stream,
            .position = stream->given,
            .recording = stream->recording};
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(device_mutex);
  if (lost) return cudaErrorIllegalAddress;
  if (spoils_recording()) return cudaErrorStreamCaptureUnsupported;
  if (event->stream != nullptr) event->stream->run_until(event->position);
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start,
                                 cudaEvent_t end) {
  *milliseconds = static_cast<float>(end->position - start->position);
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                unsigned) {
  const std::lock_guard lock(device_mutex);
  const CUevent_st now = *event;
  if (now.stream == nullptr) return cudaSuccess;
  if (now.recording != nullptr) {
    // What they record is done in the order in which it was given.
    if (now.recording == now.stream->recording) {
      stream->recording = now.recording;
    }
    return cudaSuccess;
  }
  return give(stream, [now] { now.stream->run_until(now.position); });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(device_mutex);
  if (lost) return cudaErrorIllegalAddress;
  stream->recording = new CUgraph_st;
  stream->recorder = std::this_thread::get_id();
  stream->spoiled = spoils;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(device_mutex);
  *graph = stream->recording;
  for (CUstream_st* const each : streams) {
    if (each->recording == *graph) each->recording = nullptr;
  }
  if (!stream->spoiled) return cudaSuccess;
  delete std::exchange(*graph, nullptr);
  return cudaErrorStreamCaptureInvalidated;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph,
                                 unsigned long long) {
  *ready = new CUgraphExec_st{graph->works};
  ++counts.graphs;
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  ++counts.replays;
  for (const Work& work : graph->works) {
    if (const cudaError_t error = give(stream, work)) return error;
  }
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}

namespace cuda_emulation {
namespace {

std::atomic<std::size_t> to_host = 0;

}  // namespace

std::size_t bytes_to_host() {
  return to_host;
}

}  // namespace cuda_emulation

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes,
                            cudaMemcpyKind kind, cudaStream_t stream) {
  if (kind != cudaMemcpyDeviceToHost) require_device_memory(stream, to);
  if (kind != cudaMemcpyHostToDevice) require_device_memory(stream, from);
  if (kind == cudaMemcpyDeviceToHost) cuda_emulation::to_host += bytes;
  return give(stream, [=] {
    if (bytes > 0) std::memcpy(to, from, bytes);
  });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes,
                       cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes,
                            cudaStream_t stream) {
  return give(stream, [=] {
    if (bytes > 0) std::memset(to, value, bytes);
  });
}
