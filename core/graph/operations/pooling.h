#pragma once

#include "core/graph/operations/convolution.h"

namespace lathe::graph {

/// The largest value of each window; padding never wins. Input x (N, H, W, C).
/// Outputs: y (N, H', W', C) and the place of the first largest in its window,
/// row * kernel width + column (uint8, like y).
struct MaxPooling {
  static constexpr std::string_view kName = "max_pooling";
  Window2D window{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dy and the places from MaxPooling. Output dx (N, H, W, C).
struct MaxPoolingGradient {
  static constexpr std::string_view kName = "max_pooling_gradient";
  Window2D window{};
  Size2D image{};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The mean of each window over what lies inside the image (as Keras does).
/// Input x (N, H, W, C), output (N, H', W', C).
struct AveragePooling {
  static constexpr std::string_view kName = "average_pooling";
  Window2D window{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Input dy, output dx (N, H, W, C).
struct AveragePoolingGradient {
  static constexpr std::string_view kName = "average_pooling_gradient";
  Window2D window{};
  Size2D image{};

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
