#include "core/cuda/transfer.h"

#include "core/cuda/memory.h"
#include "core/cuda/runtime.h"

namespace lathe::cuda {
namespace {

cudaStream_t main_stream() {
  return static_cast<cudaStream_t>(stream());
}

// Like the other it ends with the process.
cudaStream_t copy_stream() {
  static const cudaStream_t stream = [] {
    main_stream();
    cudaStream_t result = nullptr;
    check(cudaStreamCreateWithFlags(&result, cudaStreamNonBlocking),
          "cudaStreamCreateWithFlags");
    return result;
  }();
  return stream;
}

void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
          cudaStream_t stream) {
  check(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpyAsync");
}

cudaEvent_t event_of(const std::shared_ptr<void>& event) {
  return static_cast<cudaEvent_t>(event.get());
}

}  // namespace

Mark::Mark() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming),
        "cudaEventCreateWithFlags");
  event_ = std::shared_ptr<void>(
      event, [](void* e) { cudaEventDestroy(static_cast<cudaEvent_t>(e)); });
}

void Mark::set(void* stream) {
  check(cudaEventRecord(event_of(event_), static_cast<cudaStream_t>(stream)),
        "cudaEventRecord");
}

void Mark::wait() const {
  check(cudaEventSynchronize(event_of(event_)), "cudaEventSynchronize");
}

void Mark::hold(void* stream) const {
  check(
      cudaStreamWaitEvent(static_cast<cudaStream_t>(stream), event_of(event_)),
      "cudaStreamWaitEvent");
}

Feed::Feed(std::size_t bytes) : bytes_(bytes) {
  for (Side& side : sides_) side.memory = device_memory(bytes);
}

void Feed::send(void* device, const void* host) {
  current_ = 1 - current_;
  Side& side = sides_[current_];
  side.left.hold(copy_stream());
  copy(side.memory.get(), host, bytes_, cudaMemcpyHostToDevice, copy_stream());
  side.arrived.set(copy_stream());
  side.arrived.hold(main_stream());
  copy(device, side.memory.get(), bytes_, cudaMemcpyDeviceToDevice,
       main_stream());
  side.left.set(main_stream());
}

void receive(void* host, const void* device, std::size_t bytes, Mark& done) {
  copy(host, device, bytes, cudaMemcpyDeviceToHost, main_stream());
  done.set(main_stream());
}

}  // namespace lathe::cuda
