#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct BatchNormalizationOptions {
  /// The channels' axis; only the last.
  std::int64_t axis = -1;
  double momentum = 0.99;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = Zeros{};
  Initializer gamma_initializer = Ones{};
  Initializer moving_mean_initializer = Zeros{};
  Initializer moving_variance_initializer = Ones{};
  /// Whether the batch is that of all processes that train together.
  bool synchronized = false;
  std::string name = {};
};

/// keras.layers.BatchNormalization, over all axes but the last. Weights (C):
/// gamma, beta, moving_mean, moving_variance. In training the batch's
/// statistics, otherwise the moving ones.
class BatchNormalization : public Layer {
 public:
  explicit BatchNormalization(BatchNormalizationOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
