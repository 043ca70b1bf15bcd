#pragma once

#include <cuda_emulation/runtime.h>

#include <vector>

#include "core/cuda/runtime.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// A kernel of the host's that does its work in its turn in the stream.
inline Kernel in_stream(Kernel kernel) {
  kernel.run = [run = std::move(kernel.run)](const KernelArguments& call) {
    const std::vector<void*> inputs(call.inputs.begin(), call.inputs.end());
    const std::vector<void*> outputs(call.outputs.begin(), call.outputs.end());
    const auto stream = static_cast<cudaStream_t>(call.stream);
    for (void* const memory : inputs) {
      cuda_emulation::require_device_memory(stream, memory);
    }
    for (void* const memory : outputs) {
      cuda_emulation::require_device_memory(stream, memory);
    }
    check(cuda_emulation::give(stream,
                               [=, workspace = call.workspace] {
                                 run({.inputs = inputs,
                                      .outputs = outputs,
                                      .workspace = workspace});
                               }),
          "give");
  };
  return kernel;
}

}  // namespace lathe::cuda
