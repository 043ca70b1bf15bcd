#pragma once

#include "core/augmentation/filter.h"

namespace lathe::cpu {

// Those filters that first look at all of an image, in place.
void autocontrast(const ValueRange& range, const FilterImage& image);
void equalize(const ValueRange& range, const FilterImage& image);
void clahe(const FilterStep& step, const ValueRange& range,
           const FilterImage& image);

}  // namespace lathe::cpu
