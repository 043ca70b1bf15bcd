#pragma once

#include "core/augmentation/resample.h"

namespace lathe::cpu {

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output);

}  // namespace lathe::cpu
