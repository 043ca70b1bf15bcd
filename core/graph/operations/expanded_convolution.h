#pragma once

#include "core/graph/operations/activation.h"
#include "core/graph/operations/convolution.h"

namespace lathe::graph {

/// A convolution of single pixels to many channels and the depthwise one that
/// alone reads it, y = f(depthwise(g(x w + b), v) + c): so that what is between
/// need not be kept. Inputs: x (N, H, W, C), w (1, 1, C, E), b (E), v (kernel
/// height, kernel width, E, 1), and optionally c (E). Output (N, H', W', E) as
/// `window`, that of the depthwise one, says, and with `means` the mean of its
/// pixels (N, 1, 1, E). It has no gradient: the passes that join the two run on
/// what needs none any more.
struct ExpandedConvolution {
  static constexpr std::string_view kName = "expanded_convolution";
  Window2D window{};
  /// g, the activation of the expansion.
  ActivationKind expansion = ActivationKind::linear;
  ActivationKind activation = ActivationKind::linear;
  bool means = false;  ///< Whether there is output 1.

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The convolution of single pixels, as an operation of its own.
Convolution expansion_of(const ExpandedConvolution& operation, SpecSpan inputs);
/// The depthwise convolution, as an operation of its own.
Convolution depthwise_of(const ExpandedConvolution& operation, SpecSpan inputs);

}  // namespace lathe::graph
