#pragma once

// What the host calls. Everything is done when a call returns, but in a stream
// that is late (set_late), and in one that is recorded. A launch that goes
// wrong throws std::logic_error saying how, which the real runtime couldn't.

#include <cuda_emulation/vector_types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <type_traits>

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorECCUncorrectable = 214,
  cudaErrorNvlinkUncorrectable = 220,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchTimeout = 702,
  cudaErrorHardwareStackError = 714,
  cudaErrorIllegalInstruction = 715,
  cudaErrorMisalignedAddress = 716,
  cudaErrorInvalidAddressSpace = 717,
  cudaErrorInvalidPc = 718,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault
};
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
inline constexpr unsigned cudaStreamNonBlocking = 1;
inline constexpr unsigned cudaEventDisableTiming = 2;

struct CUstream_st;
struct CUevent_st;
struct CUgraph_st;
struct CUgraphExec_st;
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
using cudaGraph_t = CUgraph_st*;
using cudaGraphExec_t = CUgraphExec_st*;
enum cudaLaunchAttributeID {
  cudaLaunchAttributeProgrammaticStreamSerialization = 6
};
struct cudaLaunchAttribute {
  cudaLaunchAttributeID id;
  struct {
    int programmaticStreamSerializationAllowed;
  } val;
};

struct cudaLaunchConfig_t {
  dim3 gridDim;
  dim3 blockDim;
  std::size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  cudaLaunchAttribute* attrs = nullptr;
  unsigned numAttrs = 0;
};

const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute,
                                   int device);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaMalloc(void** memory, std::size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t cudaMallocHost(void** memory, std::size_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes,
                       cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes,
                            cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes,
                            cudaStream_t stream);
cudaError_t cudaStreamCreate(cudaStream_t* stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event,
                                unsigned flags = 0);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream,
                                   cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph,
                                 unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream = nullptr);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
/// Each work of a stream takes a millisecond.
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start,
                                 cudaEvent_t end);
template <class F>
cudaError_t cudaFuncSetAttribute(F*, cudaFuncAttribute, int bytes) {
  return bytes <= 227 * 1024 ? cudaSuccess : cudaErrorInvalidValue;
}

namespace cuda_emulation {

/// The order in which blocks, and the threads of a block between two barriers,
/// run. Results that depend on it come from a race.
enum class Order { ascending, descending };
void set_order(Order order);

/// Streams that do nothing before somebody waits for it: none, the first that
/// was made, the others, or all. What one of them, or the host, should have
/// waited for shows.
enum class Late { none, first, others, all };
void set_late(Late late);

/// What was recorded, and how often that was started.
struct Statistics {
  std::int64_t graphs = 0;
  std::int64_t replays = 0;
};
const Statistics& statistics();

/// Whether what is recorded from now on comes to nothing, as where something
/// waits for the device.
void spoil_recordings(bool spoil);

/// Whatever a stream is given after so many works more fails, and everything
/// after that, until this is called again. Never where it is negative.
void lose_device_after(std::int64_t works);

/// The device's compute capability, before the point; 9 at first.
void set_compute_capability(int major);

/// So many bytes of device memory can be taken from now on.
void set_memory(std::size_t free_bytes);
/// Whether it lies in what cudaMalloc gives.
bool is_device_memory(const void* address);
/// While there is one, device memory can be touched: else not even by mistake.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};

/// Throws std::logic_error for the host's memory where a stream's work would
/// take it for the device's. What is given no stream may work with any.
template <class T>
void require_device_memory(cudaStream_t stream, const T& argument) {
  if constexpr (std::is_pointer_v<T>) {
    if (stream == nullptr || argument == nullptr) return;
    if (!is_device_memory(argument)) {
      throw std::logic_error("a kernel or a copy is given the host's memory");
    }
  }
}

/// Gives a stream something to do.
cudaError_t give(cudaStream_t stream, std::function<void()> work);
/// Called by what does not return before all streams are done.
cudaError_t waits_for_device();

/// How many bytes were copied from the device to the host so far.
std::size_t bytes_to_host();

/// Whether a grid can be launched.
cudaError_t check_grid(const cudaLaunchConfig_t& config);
/// Runs a grid. `thread` is called once for each thread of each block.
void run_grid(const cudaLaunchConfig_t& config,
              const std::function<void()>& thread);

}  // namespace cuda_emulation

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config,
                               void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const cudaError_t error = cuda_emulation::check_grid(*config);
  if (error != cudaSuccess) return error;
  return [&](Parameters... parameters) {
    (cuda_emulation::require_device_memory(config->stream, parameters), ...);
    return cuda_emulation::give(
        config->stream, [config = *config, kernel, parameters...] {
          cuda_emulation::run_grid(config, [&] { kernel(parameters...); });
        });
  }(static_cast<Arguments&&>(arguments)...);
}
