#pragma once

#include <iosfwd>
#include <optional>

#include "core/graph/operations/activation.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Zeros around an image.
struct Padding2D {
  std::int64_t top = 0;
  std::int64_t bottom = 0;
  std::int64_t left = 0;
  std::int64_t right = 0;

  bool operator==(const Padding2D&) const = default;
};

/// A height and a width.
struct Size2D {
  std::int64_t height = 1;
  std::int64_t width = 1;

  bool operator==(const Size2D&) const = default;
};

/// How a window moves over an image of (N, H, W, C).
struct Window2D {
  Size2D kernel{};
  Size2D strides{};
  Size2D dilation{};
  Padding2D padding{};

  /// The extents the window visits in an image of that size; throws Error
  /// naming `operation` where it fits nowhere.
  Size2D output_size(std::string_view operation, Size2D image) const;
};

/// Whether a convolution meets every pixel by itself: it is then a product of
/// matrices with a row a pixel.
bool is_pointwise(const Window2D& window, std::int64_t groups);

/// Whether own kernels of depthwise convolutions take the window, whose results
/// they hold in tiles: square windows of 3 or 5 that move by 1 or 2 and are not
/// dilated.
bool is_tiled(const Window2D& window);

/// "3x3 strides 2x2 dilation 1x1 padding 1 1 1 1".
std::ostream& operator<<(std::ostream& out, const Window2D& window);

/// y = f(convolution(x, w) + bias [+ r]). Inputs: x (N, H, W, C), w, optionally
/// bias (F), and r like y where `residual`, whose memory y may take over. w is
/// (kernel height, kernel width, C / groups, F) as in Keras; with groups == C
/// it may be (kernel height, kernel width, C, F / C), the same memory, and each
/// sample may have its own (sample_weights.h). Output (N, H', W', F), and with
/// `means` the mean of its pixels (N, 1, 1, F). It has a gradient where f is
/// linear and there are no residual and no means: the passes that join them run
/// on what needs no gradient any more.
struct Convolution {
  static constexpr std::string_view kName = "convolution";
  Window2D window{};
  std::int64_t groups = 1;
  std::int64_t filters = 1;
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;
  bool means = false;  ///< Whether there is output 1.

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::optional<std::size_t> in_place(std::size_t input_count) const;
};

/// The gradient of Convolution with regard to x, and (with a bias) the forward
/// pass of a transposed convolution, with f and r as there. Inputs: dy (N, H',
/// W', F), w, optionally bias (C), and r like the output where `residual`.
/// Output (N, H, W, C) with H and W as `image` says.
struct ConvolutionInputGradient {
  static constexpr std::string_view kName = "convolution_input_gradient";
  Window2D window{};
  std::int64_t groups = 1;
  std::int64_t channels = 1;
  Size2D image{};
  ActivationKind activation = ActivationKind::linear;
  bool residual = false;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::optional<std::size_t> in_place(std::size_t input_count) const;
};

/// The gradient of Convolution with regard to w. Inputs: x (N, H, W, C) and
/// dy (N, H', W', F). Output: the weights' shape as given.
struct ConvolutionWeightGradient {
  static constexpr std::string_view kName = "convolution_weight_gradient";
  Window2D window{};
  std::int64_t groups = 1;
  Shape weight_shape{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
