#pragma once

#include "core/augmentation/color.h"
#include "core/augmentation/filter.h"

namespace lathe::cpu {

/// What a JPEG of a quality from 1 to 100 leaves of an image of 1 or 3
/// channels, with colours at half the resolution: the bytes that
/// libjpeg-turbo's slow integer transforms give, without writing the file.
void jpeg(int quality, const ValueRange& range, const FilterImage& image);

}  // namespace lathe::cpu
