#pragma once

#include "core/augmentation/filter.h"

namespace lathe::cuda {

void filter(const Filters& filters, const Tensor& images);
void erase_masks(const Filters& filters, float value, const Tensor& masks);

}  // namespace lathe::cuda
