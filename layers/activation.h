#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"

namespace lathe::layers {

struct ActivationOptions {
  ActivationFunction activation = ActivationFunction::linear;
  std::string name = {};
};

/// keras.layers.Activation.
class Activation : public Layer {
 public:
  explicit Activation(ActivationOptions options);
  explicit Activation(ActivationFunction function)
      : Activation(ActivationOptions{.activation = function}) {}
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
