#pragma once

#include "core/graph/operations/convolution.h"

namespace lathe::graph {

enum class UpSamplingKind { nearest, bilinear };

/// Enlarges (N, H, W, C) to (N, H fh, W fw, C). Bilinear has half-pixel centres
/// and repeats the edge, as Keras.
struct UpSampling {
  static constexpr std::string_view kName = "upsampling";
  Size2D factor{};
  UpSamplingKind kind = UpSamplingKind::nearest;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The transposed map: dy (N, H fh, W fw, C) to dx (N, H, W, C).
struct UpSamplingGradient {
  static constexpr std::string_view kName = "upsampling_gradient";
  Size2D factor{};
  UpSamplingKind kind = UpSamplingKind::nearest;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
