#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct DropoutOptions {
  double rate = 0.5;
  /// The input's shape, batch included, with 1 where an axis shares a draw and
  /// -1 (Keras' None) where it has the input's extent; empty for no sharing.
  Shape noise_shape = {};
  /// Kept for Keras; what is dropped here follows from the training's seed.
  std::optional<std::int64_t> seed = {};
  std::string name = {};
};

/// keras.layers.Dropout: in training a share `rate` of the elements becomes
/// zero and the others are divided by 1 - rate.
class Dropout : public Layer {
 public:
  explicit Dropout(DropoutOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
