#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct ReshapeOptions {
  /// Without the batch axis; one extent may be -1 and follows from the others.
  Shape target_shape = {};
  std::string name = {};
};

/// keras.layers.Reshape.
class Reshape : public Layer {
 public:
  explicit Reshape(ReshapeOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
