#pragma once

#include "core/augmentation/resample.h"

// Tensors are views of the GPU's memory. Everything is given to cuda::stream(),
// as many kernels each time.
namespace lathe::cuda {

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output, const Colors& colors, const Warp* warps,
              const GpuMemory& gpu);

}  // namespace lathe::cuda
