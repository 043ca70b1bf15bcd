#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"
#include "layers/window.h"

namespace lathe::layers {

struct SeparableConv2DOptions {
  std::int64_t filters = 0;
  Pair kernel_size = {};
  Pair strides = 1;
  Padding padding = Padding::valid;
  Pair dilation_rate = 1;
  std::int64_t depth_multiplier = 1;
  ActivationFunction activation = ActivationFunction::linear;
  bool use_bias = true;
  Initializer depthwise_initializer = GlorotUniform{};
  Initializer pointwise_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  std::string name = {};
};

/// keras.layers.SeparableConv2D: a depthwise convolution, then one of 1x1.
/// (N, H, W, C) to (N, H', W', filters); weights depthwise_kernel (kh, kw, C,
/// multiplier), pointwise_kernel (1, 1, C multiplier, filters), bias (filters).
class SeparableConv2D : public Layer {
 public:
  explicit SeparableConv2D(SeparableConv2DOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
