#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct InputOptions {
  /// Without the batch axis: {224, 224, 3}.
  Shape shape = {};
  std::string name = {};
};

/// Where a model begins, as keras.layers.InputLayer; float32.
class InputLayer : public Layer {
 public:
  explicit InputLayer(InputOptions options);
  static Layer from_config(const nlohmann::json& config);
};

/// The symbol to call layers with, as keras.Input.
Symbol Input(InputOptions options);

}  // namespace lathe::layers
