#pragma once

#include "core/augmentation/filter.h"

// Tensors are views of the GPU's memory. Everything is given to cuda::stream(),
// as many kernels each time.
namespace lathe::cuda {

void filter(const Filters& filters, const Tensor& images, const GpuMemory& gpu);
void erase_masks(const Filters& filters, float value, const Tensor& masks,
                 const GpuMemory& gpu);

}  // namespace lathe::cuda
