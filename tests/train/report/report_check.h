#pragma once

#include <algorithm>
#include <vector>

#include "train/metrics.h"
#include "train/report/canvas.h"

namespace lathe::train {

/// Counts of a matrix given row by row, truth by prediction.
inline ConfusionCounts counts_of(std::int64_t classes,
                                 const std::vector<std::int64_t>& values) {
  ConfusionCounts counts(classes);
  counts.add(Tensor::from<std::int64_t>({classes, classes}, values));
  return counts;
}

inline bool same_picture(const Canvas& a, const Canvas& b) {
  return std::ranges::equal(a.image().values<std::uint8_t>(),
                            b.image().values<std::uint8_t>());
}

}  // namespace lathe::train
