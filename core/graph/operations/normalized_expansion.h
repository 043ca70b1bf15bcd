#pragma once

#include <optional>

#include "core/graph/operations/activation.h"
#include "core/graph/operations/convolution.h"

namespace lathe::graph {

/// The gradients of an expansion in training, t = depthwise(z, v) with z =
/// f(normalised(x w)): of a convolution of single pixels to many channels, the
/// BatchNormalization (with f, without a residual) that alone reads it, and the
/// depthwise convolution that alone reads that. z is computed again from x, so
/// that nothing of its size is kept. Inputs: dt (N, H', W', E), x (N, H, W, C),
/// w (1, 1, C, E), gamma, beta, mean and variance (E), v (kernel height, kernel
/// width, E, 1), and r like x where `residual`. mean and variance must be those
/// of x w. Outputs: dx [+ r], which may take over the memory of r, dw, dgamma,
/// dbeta and dv.
struct NormalizedExpansionGradient {
  static constexpr std::string_view kName = "normalized_expansion_gradient";
  /// The depthwise convolution's.
  Window2D window{};
  double epsilon = 1e-3;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::optional<std::size_t> in_place(std::size_t input_count) const;
};

}  // namespace lathe::graph
