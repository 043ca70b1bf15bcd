#include "models/unet.h"

#include "core/error.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/input.h"
#include "layers/max_pooling2d.h"
#include "layers/separable_conv2d.h"
#include "layers/up_sampling2d.h"

namespace lathe::models {
namespace {

using namespace layers;

Symbol relu(const Symbol& x) {
  return Activation(ActivationFunction::relu)(x);
}

Symbol down(const Symbol& x, std::int64_t filters) {
  Symbol y = x;
  for (int i = 0; i < 2; ++i) {
    y = SeparableConv2D({.filters = filters,
                         .kernel_size = 3,
                         .padding = Padding::same})(relu(y));
    y = BatchNormalization()(y);
  }
  y = MaxPooling2D({.pool_size = 3, .strides = 2, .padding = Padding::same})(y);
  const Symbol residual = Conv2D({.filters = filters,
                                  .kernel_size = 1,
                                  .strides = 2,
                                  .padding = Padding::same})(x);
  return Add()({y, residual});
}

Symbol up(const Symbol& x, std::int64_t filters) {
  Symbol y = x;
  for (int i = 0; i < 2; ++i) {
    y = Conv2DTranspose({.filters = filters,
                         .kernel_size = 3,
                         .padding = Padding::same})(relu(y));
    y = BatchNormalization()(y);
  }
  y = UpSampling2D()(y);
  const Symbol residual =
      Conv2D({.filters = filters, .kernel_size = 1, .padding = Padding::same})(
          UpSampling2D()(x));
  return Add()({y, residual});
}

void require_size(const UnetOptions& options) {
  const std::int64_t unit = std::int64_t{2} << options.filters.size();
  const auto [height, width] = options.size;
  if (height < unit || width < unit || height % unit != 0 ||
      width % unit != 0) {
    fail("unet: a size of ", height, " x ", width,
         "; height and width must be multiples of ", unit);
  }
  if (options.classes < 1) {
    fail("unet: ", options.classes, " classes; it must be at least 1");
  }
}

}  // namespace

Model unet(const UnetOptions& options) {
  require_size(options);
  const Symbol input = Input(
      {.shape = {options.size.height, options.size.width, options.channels}});
  Symbol x = Conv2D({.filters = options.entry_filters,
                     .kernel_size = 3,
                     .strides = 2,
                     .padding = Padding::same})(input);
  x = BatchNormalization()(x);
  x = relu(x);
  for (const std::int64_t filters : options.filters) x = down(x, filters);
  for (auto filters = options.filters.rbegin();
       filters != options.filters.rend(); ++filters) {
    x = up(x, *filters);
  }
  x = up(x, options.entry_filters);
  const ActivationFunction head = options.classes == 1
                                      ? ActivationFunction::sigmoid
                                      : ActivationFunction::softmax;
  x = Conv2D({.filters = options.classes,
              .kernel_size = 3,
              .padding = Padding::same,
              .activation = options.activation.value_or(head)})(x);
  return Model(input, x, options.name);
}

}  // namespace lathe::models
