#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct GlobalAveragePooling2DOptions {
  bool keepdims = false;
  std::string name = {};
};

/// keras.layers.GlobalAveragePooling2D: (N, H, W, C) to (N, C), or with
/// keepdims to (N, 1, 1, C).
class GlobalAveragePooling2D : public Layer {
 public:
  explicit GlobalAveragePooling2D(GlobalAveragePooling2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
