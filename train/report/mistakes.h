#pragma once

#include <string>
#include <vector>

#include "train/report/canvas.h"

namespace lathe::train {

/// A contact sheet: images, uint8 (N, H, W, 1 or 3), each with its lines of
/// text beneath, such as "shirt, not coat 0.97"; long lines are wrapped. Small
/// images are enlarged, pixel by pixel, and large ones reduced. Throws Error
/// unless there is a text for each image.
Canvas draw_mistakes(const Tensor& images,
                     const std::vector<std::vector<std::string>>& texts);

}  // namespace lathe::train
