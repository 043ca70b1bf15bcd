#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct ReLUOptions {
  std::string name = {};
};

/// keras.layers.ReLU with its default options: max(x, 0).
class ReLU : public Layer {
 public:
  explicit ReLU(ReLUOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
