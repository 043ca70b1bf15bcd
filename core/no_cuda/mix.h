#pragma once

#include "core/augmentation/mix.h"

namespace lathe::cuda {

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output);

}  // namespace lathe::cuda
