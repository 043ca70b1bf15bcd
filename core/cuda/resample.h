#pragma once

#include "core/augmentation/resample.h"

namespace lathe::cuda {

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output, const Colors& colors, const Warp* warps);

}  // namespace lathe::cuda
