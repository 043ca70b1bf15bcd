#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct AveragePooling2DOptions {
  Pair pool_size = 2;
  /// pool_size where it is not given.
  std::optional<Pair> strides = {};
  Padding padding = Padding::valid;
  std::string name = {};
};

/// keras.layers.AveragePooling2D: the mean of each window over
/// what lies inside the image. (N, H, W, C) to (N, H', W', C).
class AveragePooling2D : public Layer {
 public:
  explicit AveragePooling2D(AveragePooling2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
