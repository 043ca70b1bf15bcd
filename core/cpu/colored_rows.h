#pragma once

#include <span>

#include "core/augmentation/color.h"
#include "core/cpu/resample_kernels.h"

namespace lathe::cpu {

/// Reads rows as resample_rows() does and changes their colours, in the input's
/// units, while they are in the processor's caches. Steps that need means need
/// all rows of a sample.
void color_rows(const ResampleRows& task, const ValueRange& range,
                std::span<const ColorStep> steps);

}  // namespace lathe::cpu
