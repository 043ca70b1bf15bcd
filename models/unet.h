#pragma once

#include "layers/activation_function.h"
#include "models/image_size.h"
#include "models/model.h"

namespace lathe::models {

struct UnetOptions {
  /// Multiples of 16.
  ImageSize size = {};
  std::int64_t channels = 3;
  /// 1: the probability of the foreground (sigmoid). More: one probability a
  /// class (softmax).
  std::int64_t classes = 1;
  /// Filters of the first convolution, and of each level below it.
  std::int64_t entry_filters = 32;
  std::vector<std::int64_t> filters = {64, 128, 256};
  /// Linear makes the model end in logits.
  std::optional<layers::ActivationFunction> activation = {};
  std::string name = "functional";
};

/// The U-Net of keras.io's "Image segmentation with a U-Net-like architecture":
/// separable convolutions down, transposed ones up, residual sums at each
/// level. (N, H, W, channels) to (N, H, W, classes); at 224 x 224 x 3 and one
/// class 2,058,401 parameters, 2,054,625 of them trainable. Throws Error for
/// sizes that can't be halved as often as the model halves them (16 = 2^4 with
/// three levels).
Model unet(const UnetOptions& options = {});

}  // namespace lathe::models
