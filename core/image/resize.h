#pragma once

#include "core/tensor.h"

namespace lathe::image {

/// Writes uint8 (H, W, C) in another size, interpolated bilinearly with
/// half-pixel centres as tf.image.resize does. Where a side shrinks to a third
/// or less, whole blocks of pixels are averaged first, so that fine texture
/// does not turn into noise.
void resize_bilinear(const Tensor& image, const Tensor& result);

/// The same by the nearest pixel: floor((i + 0.5) scale), for masks.
void resize_nearest(const Tensor& image, const Tensor& result);

}  // namespace lathe::image
