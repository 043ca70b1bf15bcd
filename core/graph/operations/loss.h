#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Targets that count neither in losses nor in metrics: in class ids of pixels
/// (uint8), and in labels (int32).
inline constexpr std::int32_t kIgnoredTarget = 255;
inline constexpr std::int32_t kIgnoredLabel = -1;

/// The one of these for targets of that type.
constexpr std::int32_t ignored_target(DType dtype) {
  return dtype == DType::uint8 ? kIgnoredTarget : kIgnoredLabel;
}

/// Throws Error unless there is a target (uint8 or int32) for each row of
/// `channels` predictions p.
void require_targets(std::string_view operation, const TensorSpec& p,
                     const TensorSpec& t, std::int64_t channels);

/// What the losses of class ids share.
struct LossOptions {
  /// Whether p are logits.
  bool from_logits = false;
  /// s of [0, 1]: a target distribution t is taken as t (1 - s) + s / classes.
  double label_smoothing = 0;
  /// A weight a class, or none for 1: what the loss of a row is multiplied with
  /// according to its target. The sum is divided by the number of rows that
  /// count, not by the sum of their weights, as Keras does with class_weight.
  std::vector<float> class_weights = {};
  /// Above 0, the focal loss of Lin et al. (2017): the loss -log(q) of a row,
  /// with q the probability of its class, is multiplied with (1 - q)^gamma.
  /// For class ids without smoothing.
  double gamma = 0;
};

/// The mean over all elements whose target is not to ignore of
/// -t log(p) - (1 - t) log(1 - p). Inputs: p, and t (uint8 or int32, 0 or 1, as
/// many elements as p). p is a probability, clipped to [1e-7, 1 - 1e-7] as
/// Keras does, or a logit: max(p, 0) - p t + log(1 + exp(-|p|)). Smoothing is
/// that of two classes. Output: the loss, a scalar (1), zero where every target
/// is ignored.
struct BinaryCrossentropy {
  static constexpr std::string_view kName = "binary_crossentropy";
  LossOptions options = {};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dloss (1), p, t. Output dp.
struct BinaryCrossentropyGradient {
  static constexpr std::string_view kName = "binary_crossentropy_gradient";
  LossOptions options = {};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The mean over all rows that count of -sum(t log(p)). Inputs: p (...,
/// classes), and t: a class id for each row (uint8 or int32), or its
/// distribution over the classes (p's type and shape), whose class weight is
/// that of its first largest. A row does not count where its id is to ignore,
/// or its distribution is zero. Without from_logits the rows of p are divided
/// by their sum and clipped to [1e-7, 1 - 1e-7] as Keras does; with it
/// log(p) is p - log(sum(exp(p))). Output: the loss, a scalar (1), zero where
/// no row counts. At most 255 classes for uint8; an id that is no class makes
/// the loss NaN, and has no gradient.
struct CategoricalCrossentropy {
  static constexpr std::string_view kName = "categorical_crossentropy";
  LossOptions options = {};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dloss (1), p, t. Output dp.
struct CategoricalCrossentropyGradient {
  static constexpr std::string_view kName = "categorical_crossentropy_gradient";
  LossOptions options = {};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
