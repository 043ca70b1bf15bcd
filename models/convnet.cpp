#include "models/convnet.h"

#include "core/error.h"
#include "layers/activation.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/global_average_pooling2d.h"
#include "layers/input.h"
#include "layers/max_pooling2d.h"
#include "layers/rescaling.h"

namespace lathe::models {
namespace {

using namespace layers;

constexpr std::int64_t kLeastSize = 8;

Symbol convolve(const Symbol& x, std::int64_t filters) {
  Symbol y = Conv2D({.filters = filters,
                     .kernel_size = 3,
                     .padding = Padding::same,
                     .use_bias = false})(x);
  y = BatchNormalization()(y);
  return Activation(ActivationFunction::relu)(y);
}

}  // namespace

Symbol convnet(const Symbol& pixels, const ConvnetOptions& options) {
  if (options.size.height < kLeastSize || options.size.width < kLeastSize) {
    fail("convnet: a size of ", options.size.height, " x ", options.size.width,
         "; height and width must be at least ", kLeastSize);
  }
  Symbol x = Rescaling({.scale = {1.0 / 255}})(pixels);
  x = convolve(x, 32);
  x = MaxPooling2D()(x);
  x = convolve(convolve(x, 64), 64);
  x = MaxPooling2D()(x);
  x = convolve(x, 128);
  x = GlobalAveragePooling2D()(x);
  x = Dropout({.rate = 0.2})(x);
  return Dense({.units = options.classes,
                .activation = ActivationFunction::softmax,
                .name = "predictions"})(x);
}

Model convnet(const ConvnetOptions& options) {
  const Symbol input = Input(
      {.shape = {options.size.height, options.size.width, options.channels}});
  return Model(input, convnet(input, options), options.name);
}

}  // namespace lathe::models
