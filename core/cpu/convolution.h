#pragma once

#include "core/graph/operations/convolution.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// What the three directions of a convolution share: the image (N, H, W, C)
/// it reads and the result (N, H', W', F) it writes; with C / groups channels
/// and F / groups filters a group.
struct ConvolutionShape {
  graph::Window2D window;
  std::int64_t groups = 1;
  std::int64_t batch = 1;
  graph::Size2D image;
  graph::Size2D result;
  std::int64_t channels = 1;
  std::int64_t filters = 1;
};

/// Kernels of oneDNN: any shape. `has_bias`: input 2 is one.
Kernel onednn_convolution(const ConvolutionShape& shape, bool has_bias);
Kernel onednn_input_gradient(const ConvolutionShape& shape, bool has_bias);
Kernel onednn_weight_gradient(const ConvolutionShape& shape);

/// Own kernels for convolutions to at most four filters.
bool is_narrow(const ConvolutionShape& shape);
Kernel narrow_convolution(const ConvolutionShape& shape, bool has_bias);
Kernel narrow_weight_gradient(const ConvolutionShape& shape);

/// An own kernel for depthwise windows of more than three columns.
bool has_wide_depthwise_window(const ConvolutionShape& shape);
Kernel depthwise_weight_gradient(const ConvolutionShape& shape);

}  // namespace lathe::cpu
