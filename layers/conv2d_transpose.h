#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"
#include "layers/window.h"

namespace lathe::layers {

struct Conv2DTransposeOptions {
  std::int64_t filters = 0;
  Pair kernel_size = {};
  Pair strides = 1;
  Padding padding = Padding::valid;
  /// Rows and columns more than the smallest output; by default as many as
  /// make it strides times the input (`same`), or at least that (`valid`).
  std::optional<Pair> output_padding = {};
  Pair dilation_rate = 1;
  ActivationFunction activation = ActivationFunction::linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  std::string name = {};
};

/// keras.layers.Conv2DTranspose: the gradient of a convolution with regard to
/// its input. (N, H, W, C) to (N, H', W', filters); weights kernel (kh, kw,
/// filters, C) and bias (filters).
class Conv2DTranspose : public Layer {
 public:
  explicit Conv2DTranspose(Conv2DTransposeOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
