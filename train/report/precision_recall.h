#pragma once

#include "train/report/canvas.h"
#include "train/report/threshold_sweep.h"

namespace lathe::train {

/// The precision over the recall as the threshold falls, with points at 0.1,
/// 0.2, ... 0.9 and, named, at 0.5 and where the IoU is largest; and beside it
/// IoU, precision and recall over the threshold.
Canvas draw_precision_recall(const ThresholdSweep& sweep);

}  // namespace lathe::train
