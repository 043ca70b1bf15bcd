#pragma once

#include "layers/layer.h"

struct LayerScaleOptions {
  double initial_value = 1e-4;
  std::string name = {};
};

/// A layer of one's own: y = gamma x, with a gamma for each channel that begins
/// near 0 (Touvron et al., "Going deeper with Image Transformers", 2021).
class LayerScale : public lathe::layers::Layer {
 public:
  explicit LayerScale(LayerScaleOptions options = {});
  static lathe::layers::Layer from_config(const nlohmann::json& config);
};
