#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Counts predictions against targets. Inputs: p and t as the losses have
/// them. With one channel the predicted class is 1 where p > threshold (a
/// probability, or a logit where the threshold is 0), otherwise the first
/// largest of the row. Output: int64 (classes, classes), rows the true class;
/// ignored targets are left out.
struct ConfusionMatrix {
  static constexpr std::string_view kName = "confusion_matrix";
  std::int64_t classes = 2;
  double threshold = 0.5;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
