#pragma once

#include "core/augmentation/filter.h"

namespace lathe::reference {

void filter(const Filters& filters, const Tensor& images);

}  // namespace lathe::reference
