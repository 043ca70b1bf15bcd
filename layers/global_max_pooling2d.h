#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct GlobalMaxPooling2DOptions {
  bool keepdims = false;
  std::string name = {};
};

/// keras.layers.GlobalMaxPooling2D: (N, H, W, C) to (N, C), or with
/// keepdims to (N, 1, 1, C).
class GlobalMaxPooling2D : public Layer {
 public:
  explicit GlobalMaxPooling2D(GlobalMaxPooling2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
