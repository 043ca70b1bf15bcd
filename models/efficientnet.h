#pragma once

#include <optional>
#include <string>

#include "layers/activation_function.h"
#include "models/image_size.h"
#include "models/model.h"

namespace lathe::models {

/// What stands in the place of the top.
enum class Pooling { none, average, max };

struct EfficientNetOptions {
  /// "b0" to "b7".
  std::string variant = "b0";
  /// Average pooling, dropout and the dense layer "predictions". Without it the
  /// model ends in features (N, H / 32, W / 32, C), or (N, C) with pooling.
  bool include_top = true;
  Pooling pooling = Pooling::none;
  std::int64_t classes = 1000;
  layers::ActivationFunction classifier_activation =
      layers::ActivationFunction::softmax;
  /// The variant's own unless given (224 for b0, 600 for b7); at least 16
  /// stem_strides either way.
  std::optional<ImageSize> size = {};
  std::int64_t channels = 3;
  /// The last block's stochastic depth; the others' rise to it from 0.
  double drop_connect_rate = 0.2;
  /// Before the top; the variant's own (0.2 for b0, 0.5 for b7) unless given.
  std::optional<double> dropout_rate = {};
  /// 1 keeps the resolution of small images, 32 x 32; Keras has 2.
  std::int64_t stem_strides = 2;
  /// "efficientnetb0" for b0 unless given.
  std::string name = {};
};

/// keras.applications.EfficientNetB0 to B7 (Tan and Le, "EfficientNet:
/// rethinking model scaling for convolutional neural networks", 2019) with
/// weights=None: the same layers, names and initialisers. Takes pixels in [0,
/// 255], (N, H, W, channels), which its own Rescaling and Normalization scale;
/// gives one number a class. Throws Error for an unknown variant, a size below
/// the least, and numbers out of range.
Model efficientnet(const EfficientNetOptions& options = {});

}  // namespace lathe::models
