#pragma once

#include "core/augmentation/filter.h"

namespace lathe::cpu {

void filter(const Filters& filters, const Tensor& images);

}  // namespace lathe::cpu
