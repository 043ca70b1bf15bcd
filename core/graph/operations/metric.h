#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// The class that each row of p (..., channels) says: with one channel 1 where
/// p > threshold (a probability, or a logit where the threshold is 0),
/// otherwise the first largest. Output: int32 (rows).
struct PredictedClass {
  static constexpr std::string_view kName = "predicted_class";
  double threshold = 0.5;
  /// Gives kIgnoredLabel for rows of zeros, which in a distribution of targets
  /// are those to ignore.
  bool ignore_zeros = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Counts predictions against targets. Inputs: p and class ids as the losses
/// have them; the predicted class is PredictedClass's. Output: int64 (classes,
/// classes), rows the true class; ignored targets are left out.
struct ConfusionMatrix {
  static constexpr std::string_view kName = "confusion_matrix";
  std::int64_t classes = 2;
  double threshold = 0.5;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// How many targets are among the k largest predictions of their row: fewer
/// than k are larger, as keras.ops.in_top_k. Inputs as for ConfusionMatrix.
/// Output: int64 (1); ignored targets are left out.
struct TopK {
  static constexpr std::string_view kName = "top_k";
  std::int64_t k = 5;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
