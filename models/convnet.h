#pragma once

#include <string>

#include "layers/layer.h"
#include "models/image_size.h"
#include "models/model.h"

namespace lathe::models {

struct ConvnetOptions {
  ImageSize size = {28, 28};
  std::int64_t channels = 3;
  std::int64_t classes = 10;
  std::string name = {};
};

/// A small classifier for small images: three blocks of 3x3 convolutions with
/// batch normalisation, pooled to half the size between them, then the mean
/// over the image, dropout and a softmax. Takes pixels in [0, 255], (N, H, W,
/// channels), and gives a probability a class. Throws Error for images below 8
/// pixels a side.
Model convnet(const ConvnetOptions& options = {});

/// The same from a symbol (N, H, W, C) to probabilities, for models that do
/// something before it.
layers::Symbol convnet(const layers::Symbol& pixels,
                       const ConvnetOptions& options);

}  // namespace lathe::models
