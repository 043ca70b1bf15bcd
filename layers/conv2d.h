#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"
#include "layers/window.h"

namespace lathe::layers {

struct Conv2DOptions {
  std::int64_t filters = 0;
  Pair kernel_size = {};
  Pair strides = 1;
  Padding padding = Padding::valid;
  Pair dilation_rate = 1;
  std::int64_t groups = 1;
  ActivationFunction activation = ActivationFunction::linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  std::string name = {};
};

/// keras.layers.Conv2D. (N, H, W, C) to (N, H', W', filters); weights kernel
/// (kh, kw, C / groups, filters) and bias (filters).
class Conv2D : public Layer {
 public:
  explicit Conv2D(Conv2DOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
