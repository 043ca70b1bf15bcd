#pragma once

#include <functional>

#include "core/tensor.h"

namespace lathe::models {

/// Images (N, H, W, C) mirrored left to right, top to bottom, or both.
Tensor flipped(const Tensor& images, bool horizontally, bool vertically);

/// The mean of what predict() makes, float32, of images (N, H, W, C) and of
/// their three flips. Where that has the images' height and width it is flipped
/// back first.
Tensor predict_flips(const Tensor& images,
                     const std::function<Tensor(const Tensor&)>& predict);

}  // namespace lathe::models
