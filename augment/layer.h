#pragma once

#include <optional>
#include <string>

#include "augment/augmentation.h"
#include "augment/image_effect.h"
#include "layers/registry.h"

namespace lathe::augment {

struct LayerOptions {
  /// What black and white are in the images that reach the layer. Keras' colour
  /// layers have this option. Its geometric ones have none, and their
  /// fill_value is in the images' units, so it follows from the operation's,
  /// which is in units from black to white.
  ValueRange value_range = {};
  /// Kept for Keras; what is drawn here follows from the training's seed.
  std::optional<std::int64_t> seed = {};
  std::string name = {};
};

/// An operation as its Keras layer (keras_class.h), RandomFlip and so on:
/// images (N, H, W, C) in, the same out, changed in training only. Neighbouring
/// ones become one resample, and draw what a Pipeline of the same operations
/// draws.
/// Throws Error where Keras' layer can't say what the operation does: what a
/// file says must be what trains. The one exception is a Keras RandomFlip of
/// both directions, which draws one bit for each here; where Keras itself
/// trains the file's model, it draws one for both.
layers::Layer layer(const Augmentation& operation, LayerOptions options = {});

/// Makers of these layers from Keras' configs.
const layers::Factories& layer_factories();

}  // namespace lathe::augment
