#pragma once

#include <vector>

#include "train/callback.h"
#include "train/report/canvas.h"

namespace lathe::train {

/// Draws the numbers of a training over its epochs, a row an epoch: the loss on
/// the left, the metrics on the right, those of the validation as broken lines.
Canvas draw_curves(const std::vector<Logs>& history);

}  // namespace lathe::train
