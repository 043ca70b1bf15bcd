#pragma once

#include "core/augmentation/mix.h"

// Tensors are views of the GPU's memory. Everything is given to cuda::stream(),
// as many kernels each time.
namespace lathe::cuda {

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output,
         const GpuMemory& gpu);
void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum,
              const GpuMemory& gpu);

}  // namespace lathe::cuda
