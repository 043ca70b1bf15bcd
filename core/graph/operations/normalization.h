#pragma once

#include <memory>

#include "core/communication/communicator.h"
#include "core/graph/operations/activation.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Batch normalisation with the statistics of the batch (Ioffe and Szegedy,
/// 2015): y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta [+ r]).
/// Inputs: x (..., C), gamma (C), beta (C), and r like x where `residual`.
/// Outputs: y, and the batch's mean (C) and biased variance (C). With `ranks`
/// the batch is that of all ranks, each of which has as many rows.
struct BatchNormalization {
  static constexpr std::string_view kName = "batch_normalization";
  double epsilon = 1e-3;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;
  std::shared_ptr<Communicator> ranks = {};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The gradients of BatchNormalization. Inputs: dy, x, gamma, beta, mean,
/// variance, and r where `residual`. Outputs: dx, dgamma, dbeta, and dr where
/// `residual`. dx may take over the memory of dy. With `ranks`, mean and
/// variance are those of all ranks, and dgamma and dbeta the parts of this one.
struct BatchNormalizationGradient {
  static constexpr std::string_view kName = "batch_normalization_gradient";
  static constexpr std::size_t kInPlace = 0;
  double epsilon = 1e-3;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;
  std::shared_ptr<Communicator> ranks = {};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The same normalisation with given statistics. Inputs: x, gamma, beta, mean,
/// variance, and r where `residual`. Output y, which may take over x.
struct FixedNormalization {
  static constexpr std::string_view kName = "fixed_normalization";
  static constexpr std::size_t kInPlace = 0;
  double epsilon = 1e-3;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;

  Specs output_specs(SpecSpan inputs) const;
  /// Defined where activation is linear and there is no residual: the pass
  /// that joins them runs on what needs no gradient.
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The gradients of FixedNormalization with a linear activation. Inputs: dy, x,
/// gamma, mean, variance. Outputs: dx, dgamma, dbeta.
struct FixedNormalizationGradient {
  static constexpr std::string_view kName = "fixed_normalization_gradient";
  static constexpr std::size_t kInPlace = 0;
  double epsilon = 1e-3;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The weights and bias of a convolution that does the FixedNormalization after
/// it: w' = w s and b' = (b - mean) s + beta with s = gamma / sqrt(variance +
/// epsilon). Inputs: w, gamma, beta, mean and variance (C), and optionally b
/// (C). The C output channels of w are (..., C, inner). Outputs: w', b'.
struct NormalizedWeights {
  static constexpr std::string_view kName = "normalized_weights";
  double epsilon = 1e-3;
  std::int64_t inner = 1;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Moves running statistics towards a batch's: m += rate (b - m), in place.
/// Inputs: count (int64, 1), how many batches came before, and for each
/// statistic, means and variances of any normalisations, m and b (C), no m
/// twice. rate is 1 - momentum, as in
/// Keras, or with `warm_up` >= 0 at least (warm_up + 1) / (count + warm_up +
/// 1), so that the statistics' initial values weigh nothing: with warm_up 0 and
/// no momentum that is the plain mean of all batches; a larger one favours
/// recent batches while the weights still move fast (polynomial-decay
/// averaging, Shamir and Zhang 2013). No outputs.
struct MovingStatistics {
  static constexpr std::string_view kName = "moving_statistics";
  double momentum = 0.99;
  double warm_up = 0;

  /// The rate at that count.
  double rate(std::int64_t count) const;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

}  // namespace lathe::graph
