#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

// The optimizers change all weights at once, in place, exactly as Keras does.
// Inputs of each: iteration (int64, 1), learning rate (float32, 1), scales
// (float32, a number a weight, where UpdateOptions says so), then for each
// weight w, its gradient g, and what the optimizer keeps for it. No outputs.
// In the formulas t is the number of the update, from 1.

/// What happens to a gradient and a weight before the optimizer's own rule, in
/// this order.
struct UpdateOptions {
  /// Above 1, g is a sum that AccumulateGradients has added to; every so many
  /// iterations it is divided by their number, used and set to zero, and in
  /// the iterations between nothing happens.
  std::int64_t accumulation_steps = 1;
  /// g *= scales[weight]; the scales are GradientScales'.
  bool scaled = false;
  /// g is clipped to [-clip_value, clip_value]; zero doesn't clip.
  double clip_value = 0;
  /// w -= w weight_decay learning_rate, but for `undecayed` (indices of
  /// weights, ascending).
  double weight_decay = 0;
  std::vector<std::size_t> undecayed = {};
  /// The updates done before a weight joined, or none for 0: its t counts from
  /// there.
  std::vector<std::int64_t> joined_after = {};
};

/// Kingma and Ba (2015), with epsilon outside the bias correction:
///   alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
///   m += (g - m) (1 - beta_1);  v += (g g - v) (1 - beta_2)
///   w -= alpha m / (sqrt(v) + epsilon)
/// Keeps m, v. With weight decay it is AdamW (Loshchilov and Hutter, 2019).
struct Adam {
  static constexpr std::string_view kName = "adam";
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  UpdateOptions update = {};

  std::size_t slots() const { return 2; }
  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// w -= learning_rate g; with momentum
///   m = momentum m - learning_rate g
///   w += m, or with nesterov w += momentum m - learning_rate g
/// Keeps m where the momentum is not zero.
struct SGD {
  static constexpr std::string_view kName = "sgd";
  double momentum = 0;
  bool nesterov = false;
  UpdateOptions update = {};

  std::size_t slots() const { return momentum == 0 ? 0 : 1; }
  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// Hinton's (lecture 6e of Neural Networks for Machine Learning):
///   v = rho v + (1 - rho) g g
///   centered: a = rho a + (1 - rho) g; d = v - a a, otherwise d = v
///   s = learning_rate g / sqrt(d + epsilon)
///   w -= s, or with momentum m = momentum m + s; w -= m
/// Keeps v, then m where the momentum is above zero, then a where centered.
struct RMSprop {
  static constexpr std::string_view kName = "rmsprop";
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  UpdateOptions update = {};

  std::size_t slots() const {
    return 1U + (momentum > 0 ? 1U : 0U) + (centered ? 1U : 0U);
  }
  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// Chen et al. (2023):
///   w -= learning_rate sign(beta_1 m + (1 - beta_1) g)
///   m = beta_2 m + (1 - beta_2) g
/// Keeps m.
struct Lion {
  static constexpr std::string_view kName = "lion";
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  UpdateOptions update = {};

  std::size_t slots() const { return 1; }
  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// For each pair of inputs (gradient, sum): sum += gradient.
struct AccumulateGradients {
  static constexpr std::string_view kName = "accumulate_gradients";

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// What gradients are multiplied with so that none is longer than `limit`
/// (clipnorm), or all of them together are not (global_clipnorm). Inputs:
/// gradients. Output: float32, a number each; NaN where a gradient is none.
struct GradientScales {
  static constexpr std::string_view kName = "gradient_scales";
  double limit = 1;
  bool global = false;
  /// The gradients are sums of so many.
  std::int64_t accumulation_steps = 1;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Moving averages of weights. Inputs: iteration (int64, 1), then for each
/// weight w and its average: average = momentum average + (1 - momentum) w,
/// with a momentum of zero until accumulation_steps iterations are done, which
/// make an update. This is what Keras does.
struct WeightAverages {
  static constexpr std::string_view kName = "weight_averages";
  double momentum = 0.99;
  std::int64_t accumulation_steps = 1;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

}  // namespace lathe::graph
