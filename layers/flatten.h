#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct FlattenOptions {
  std::string name = {};
};

/// keras.layers.Flatten: (N, ...) to (N, all the rest).
class Flatten : public Layer {
 public:
  explicit Flatten(FlattenOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
