#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"

namespace lathe::layers {

struct DenseOptions {
  std::int64_t units = 0;
  ActivationFunction activation = ActivationFunction::linear;
  bool use_bias = true;
  Initializer kernel_initializer = GlorotUniform{};
  Initializer bias_initializer = Zeros{};
  std::string name = {};
};

/// keras.layers.Dense: (N, ..., C) to (N, ..., units); weights kernel (C,
/// units) and bias (units).
class Dense : public Layer {
 public:
  explicit Dense(DenseOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
