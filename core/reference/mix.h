#pragma once

#include "core/augmentation/mix.h"

namespace lathe::reference {

void mix(const MixStep* steps, const Tensor& images, const Tensor& output);

}  // namespace lathe::reference
