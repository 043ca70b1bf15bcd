#pragma once

#include <optional>

#include "core/graph/operations/activation.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// The gradients of a convolution of single pixels, y = x w, together with
/// those of the BatchNormalization (with f, without a residual) that alone
/// reads y: so that dy need not be kept. Inputs: dz (N, H, W, F), flowing into
/// the normalised; y (N, H, W, F), gamma, beta, mean and variance (F); x (N, H,
/// W, C), w (1, 1, C, F), and r like x where `residual`. y must be x w.
/// Outputs: dx [+ r], which may take over the memory of r, dw, dgamma and
/// dbeta.
struct NormalizedConvolutionGradient {
  static constexpr std::string_view kName = "normalized_convolution_gradient";
  double epsilon = 1e-3;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::optional<std::size_t> in_place(std::size_t input_count) const;
};

}  // namespace lathe::graph
