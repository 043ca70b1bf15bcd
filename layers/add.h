#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct AddOptions {
  std::string name = {};
};

/// keras.layers.Add: the sum of two or more inputs of one shape.
class Add : public Layer {
 public:
  explicit Add(AddOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
