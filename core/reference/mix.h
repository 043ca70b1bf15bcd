#pragma once

#include "core/augmentation/mix.h"

namespace lathe::reference {

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output);

}  // namespace lathe::reference
