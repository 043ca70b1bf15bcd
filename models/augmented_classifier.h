#pragma once

#include "models/efficientnet.h"

namespace lathe::models {

struct AugmentedClassifierOptions {
  /// Of the EfficientNet within: "b0" to "b7".
  std::string variant = "b0";
  ImageSize size = {};
  std::int64_t channels = 3;
  std::int64_t classes = 10;
  /// Linear, Keras' default for a Dense layer, gives logits.
  layers::ActivationFunction classifier_activation =
      layers::ActivationFunction::softmax;
  std::string name = {};
};

/// keras.io's "Image classification via fine-tuning with EfficientNet": the
/// augmentation layers RandomFlip("horizontal"), RandomRotation(0.1) and
/// RandomZoom(0.2), a whole EfficientNet as a layer, its top of 1000 included,
/// and a dense layer on it. Takes pixels in [0, 255], (N, H, W, channels). For
/// b0 and 10 classes 5,340,581 parameters.
Model augmented_classifier(const AugmentedClassifierOptions& options = {});

}  // namespace lathe::models
