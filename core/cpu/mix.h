#pragma once

#include "core/augmentation/mix.h"

namespace lathe::cpu {

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output);
void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum);

}  // namespace lathe::cpu
