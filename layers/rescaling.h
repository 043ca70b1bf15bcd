#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct RescalingOptions {
  /// One number, or one a channel; Keras has no default.
  std::vector<double> scale = {};
  std::vector<double> offset = {0};
  std::string name = {};
};

/// keras.layers.Rescaling: scale x + offset.
class Rescaling : public Layer {
 public:
  explicit Rescaling(RescalingOptions options);
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
