#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct MaxPooling2DOptions {
  Pair pool_size = 2;
  /// pool_size where it is not given.
  std::optional<Pair> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};
};

/// keras.layers.MaxPooling2D: the largest of each window; padding
/// never wins. (N, H, W, C) to (N, H', W', C).
class MaxPooling2D : public Layer {
 public:
  explicit MaxPooling2D(MaxPooling2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
