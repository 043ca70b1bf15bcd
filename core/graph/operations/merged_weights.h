#pragma once

#include "core/graph/operations/convolution.h"

namespace lathe::graph {

/// The weights with which ConvolutionInputGradient makes of an image what it
/// would make, with w (height, width, C, F), of the image enlarged by
/// repetition: y (height + factor.height - 1, width + factor.width - 1, C, F),
/// where y[i, j] is the sum of w[i - r, j - s] over 0 <= r < factor.height and
/// 0 <= s < factor.width.
struct MergedWeights {
  static constexpr std::string_view kName = "merged_weights";
  Size2D factor{};
  /// w is Convolution's, (height, width, F, C): it is turned by half, channels
  /// and filters exchanged, w'[i, j, c, f] = w[height - 1 - i,
  /// width - 1 - j, f, c].
  bool transposed = false;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// dw from dy.
struct MergedWeightsGradient {
  static constexpr std::string_view kName = "merged_weights_gradient";
  Size2D factor{};
  /// As MergedWeights'.
  bool transposed = false;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
