#pragma once

// Stands in for CUDA's header of this name where the host's compiler compiles
// kernels: what they use of the language and of the runtime, run on the CPU.
// Host and device memory are the same. Names are CUDA's.

#include <cuda_emulation/device.h>
#include <cuda_emulation/runtime.h>
