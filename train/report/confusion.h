#pragma once

#include <string>
#include <vector>

#include "train/metrics.h"
#include "train/report/canvas.h"

namespace lathe::train {

/// How often each class (a row) was taken for each other (a column): counts,
/// shaded by their share of the row, blue where they are right and red where
/// not, with the recall of each row and the precision of each column. Of more
/// than 40 classes the shades alone, and as many names as there is room for.
/// Throws Error unless there is a name for each class.
Canvas draw_confusion(const ConfusionCounts& counts,
                      const std::vector<std::string>& class_names);

}  // namespace lathe::train
