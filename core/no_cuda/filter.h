#pragma once

#include "core/augmentation/filter.h"

namespace lathe::cuda {

void filter(const Filters& filters, const Tensor& images);

}  // namespace lathe::cuda
