#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct MultiplyOptions {
  std::string name = {};
};

/// keras.layers.Multiply: the product of two or more inputs. Of
/// two shapes one may be 1 on a run of neighbouring axes: (N, H, W, C) and (N,
/// 1, 1, C).
class Multiply : public Layer {
 public:
  explicit Multiply(MultiplyOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
