#pragma once

#include "core/augmentation/stencil.h"

namespace lathe::cpu {

/// Every pixel becomes the weighted sum of its neighbours, in place and
/// clipped; beyond the border is what the mode says.
void correlate(const Stencil& stencil, FillMode mode, const ValueRange& range,
               const FilterImage& image);

/// The same by one stencil of a row and then one of a column, reading and
/// writing the image once.
void correlate_separably(const Stencil& row, const Stencil& column,
                         FillMode mode, const ValueRange& range,
                         const FilterImage& image);

}  // namespace lathe::cpu
