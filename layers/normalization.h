#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct NormalizationOptions {
  /// The channels' axis; only the last.
  std::int64_t axis = -1;
  /// One number a channel, or one for all, each; without them they are weights
  /// that start as 0 and 1.
  std::vector<double> mean = {};
  std::vector<double> variance = {};
  std::string name = {};
};

/// keras.layers.Normalization: (x - mean) / max(sqrt(variance), 1e-7).
/// Untrained weights where the options don't say them: mean (C), variance (C),
/// and count, a scalar int64 without use.
class Normalization : public Layer {
 public:
  explicit Normalization(NormalizationOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
