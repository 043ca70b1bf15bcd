#pragma once

#include "core/augmentation/mix.h"

namespace lathe::cuda {

void mix(const MixStep* steps, const Tensor& images, const Tensor& output);

}  // namespace lathe::cuda
