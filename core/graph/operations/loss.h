#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// A target that counts neither in losses nor in metrics.
inline constexpr std::int32_t kIgnoredTarget = 255;

/// The mean over all elements whose target is not kIgnoredTarget of
/// -t log(p) - (1 - t) log(1 - p). Inputs: p, and t (uint8, 0 or 1, as many
/// elements as p). Without from_logits p is a probability, clipped to [1e-7,
/// 1 - 1e-7] as Keras does; with it p is its logit and the formula is
/// max(p, 0) - p t + log(1 + exp(-|p|)). Output: the loss, a scalar (1), zero
/// where every target is ignored.
struct BinaryCrossentropy {
  static constexpr std::string_view kName = "binary_crossentropy";
  bool from_logits = false;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dloss (1), p, t. Output dp.
struct BinaryCrossentropyGradient {
  static constexpr std::string_view kName = "binary_crossentropy_gradient";
  bool from_logits = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The mean over all rows whose target is not kIgnoredTarget of -log(p[t]).
/// Inputs: p (..., classes), and t (uint8 or int32, a class id for each row of
/// p). Without from_logits the rows are divided by their sum and clipped to
/// [1e-7, 1 - 1e-7] as Keras does; with it the rows are logits. Output: the
/// loss, a scalar (1), zero where every target is ignored. At most 255 classes;
/// a target that is no class makes the loss NaN, and has no gradient.
struct SparseCategoricalCrossentropy {
  static constexpr std::string_view kName = "sparse_categorical_crossentropy";
  bool from_logits = false;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dloss (1), p, t. Output dp.
struct SparseCategoricalCrossentropyGradient {
  static constexpr std::string_view kName =
      "sparse_categorical_crossentropy_gradient";
  bool from_logits = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
