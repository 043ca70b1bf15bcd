#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

enum class ActivationKind { linear, relu, sigmoid, swish, tanh };

std::string_view name_of(ActivationKind kind);

/// y = f(x), element by element. swish is x sigmoid(x).
struct Activation {
  static constexpr std::string_view kName = "activation";
  static constexpr std::size_t kInPlace = 0;
  ActivationKind kind = ActivationKind::linear;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// dx = dy f'. Inputs: dy, and y for relu, sigmoid and tanh, or x for swish.
struct ActivationGradient {
  static constexpr std::string_view kName = "activation_gradient";
  static constexpr std::size_t kInPlace = 0;
  ActivationKind kind = ActivationKind::linear;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// y = exp(x - max) / sum of the same, over the last axis.
struct Softmax {
  static constexpr std::string_view kName = "softmax";
  static constexpr std::size_t kInPlace = 0;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// dx = y (dy - sum(dy y)). Inputs: dy, y.
struct SoftmaxGradient {
  static constexpr std::string_view kName = "softmax_gradient";
  static constexpr std::size_t kInPlace = 0;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
