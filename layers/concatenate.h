#pragma once

#include "layers/layer.h"

namespace lathe::layers {

struct ConcatenateOptions {
  /// Any but the batch's; negative counts from the last.
  std::int64_t axis = -1;
  std::string name = {};
};

/// keras.layers.Concatenate.
class Concatenate : public Layer {
 public:
  explicit Concatenate(ConcatenateOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
