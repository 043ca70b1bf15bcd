#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"
#include "layers/window.h"

namespace lathe::layers {

struct DepthwiseConv2DOptions {
  Pair kernel_size = {};
  Pair strides = 1;
  Padding padding = Padding::valid;
  std::int64_t depth_multiplier = 1;
  Pair dilation_rate = 1;
  ActivationFunction activation = ActivationFunction::linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  std::string name = {};
};

/// keras.layers.DepthwiseConv2D. (N, H, W, C) to (N, H', W', C multiplier);
/// weights kernel (kh, kw, C, multiplier) and bias (C multiplier).
class DepthwiseConv2D : public Layer {
 public:
  explicit DepthwiseConv2D(DepthwiseConv2DOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
