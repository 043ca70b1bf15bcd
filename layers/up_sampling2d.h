#pragma once

#include "layers/layer.h"

namespace lathe::layers {

enum class Interpolation { nearest, bilinear };

struct UpSampling2DOptions {
  Pair size = 2;
  Interpolation interpolation = Interpolation::nearest;
  std::string name = {};
};

/// keras.layers.UpSampling2D: (N, H, W, C) to (N, H size, W size, C).
class UpSampling2D : public Layer {
 public:
  explicit UpSampling2D(UpSampling2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
