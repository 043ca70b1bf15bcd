#include "tests/models/random_blocks.h"

#include <algorithm>

#include "augment/layer.h"
#include "augment/random_flip.h"
#include "augment/random_rotation.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/average_pooling2d.h"
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/dense.h"
#include "layers/depthwise_conv2d.h"
#include "layers/dropout.h"
#include "layers/global_average_pooling2d.h"
#include "layers/max_pooling2d.h"
#include "layers/multiply.h"
#include "layers/normalization.h"
#include "layers/relu.h"
#include "layers/rescaling.h"
#include "layers/separable_conv2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"

namespace lathe::testing {
namespace {

using layers::ActivationFunction;
using layers::Padding;
using layers::Pair;
using layers::Symbol;

// What an image may have, so that a hundred networks cost seconds.
constexpr std::int64_t kMostSide = 33;
constexpr std::int64_t kMostChannels = 48;
constexpr std::int64_t kMostValues = 5000;

std::int64_t channels(const Symbol& x) {
  return x.shape().back();
}

}  // namespace

std::int64_t RandomBlocks::filters() {
  return draws_.among({1, 2, 3, 5, 8, 12, 16, 17, 24, 32});
}
Padding RandomBlocks::padding() {
  return draws_.one_in(3) ? Padding::valid : Padding::same;
}
Pair RandomBlocks::kernel() {
  return draws_.one_in(5) ? Pair{draws_.between(1, 3), draws_.between(1, 4)}
                          : Pair(draws_.among({1, 1, 2, 3, 3, 3, 4, 5}));
}
Pair RandomBlocks::strides() {
  return draws_.one_in(5) ? Pair{draws_.between(1, 2), draws_.between(1, 3)}
                          : Pair(draws_.among({1, 1, 1, 2, 3}));
}
ActivationFunction RandomBlocks::function() {
  return draws_.among(
      std::vector{ActivationFunction::linear, ActivationFunction::linear,
                  ActivationFunction::relu, ActivationFunction::relu,
                  ActivationFunction::silu, ActivationFunction::silu,
                  ActivationFunction::sigmoid, ActivationFunction::tanh});
}

// What images go through first.
Symbol RandomBlocks::begin(Symbol x) {
  if (draws_.one_in(4)) {
    x = augment::layer(augment::RandomFlip{"horizontal"})(x);
    x = augment::layer(augment::RandomRotation{0.1})(x);
  }
  if (draws_.one_in(4)) x = layers::Normalization()(x);
  if (draws_.one_in(4)) x = rescaled(x);
  // So large that expansions are joined; what comes behind is smaller.
  constexpr std::int64_t kLarge = 28;
  if (std::min(x.shape()[1], x.shape()[2]) >= kLarge) {
    x = layers::MaxPooling2D({.pool_size = 2})(inverted(convolution(x)));
  }
  return x;
}

// Adds a map, unless what was drawn is impossible or too large.
bool RandomBlocks::grow(std::vector<Symbol>& maps) {
  using Block = Symbol (RandomBlocks::*)(const Symbol&);
  static const std::vector<Block> blocks{
      &RandomBlocks::convolution, &RandomBlocks::normalized,
      &RandomBlocks::normalized,  &RandomBlocks::depthwise,
      &RandomBlocks::separable,   &RandomBlocks::transposed,
      &RandomBlocks::residual,    &RandomBlocks::inverted,
      &RandomBlocks::inverted,    &RandomBlocks::gated,
      &RandomBlocks::enlarged,    &RandomBlocks::enlarged,
      &RandomBlocks::pooled,      &RandomBlocks::padded,
      &RandomBlocks::joined,      &RandomBlocks::multiplied,
      &RandomBlocks::shared,      &RandomBlocks::dense,
      &RandomBlocks::dropped,     &RandomBlocks::rescaled,
      &RandomBlocks::activated};
  try {
    const Symbol& from = draws_.one_in(6) ? draws_.among(maps) : maps.back();
    const Symbol y = (this->*draws_.among(blocks))(from);
    const Shape& shape = y.shape();
    const std::int64_t values = shape[1] * shape[2] * shape[3];
    if (values > kMostValues || shape[3] > kMostChannels ||
        std::max(shape[1], shape[2]) > kMostSide) {
      return false;
    }
    maps.push_back(y);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Symbol RandomBlocks::convolution(const Symbol& x) {
  std::int64_t groups = 1;
  if (draws_.one_in(4)) {
    for (const std::int64_t some : {2, 3, 4}) {
      if (channels(x) % some == 0) groups = some;
    }
  }
  layers::Conv2DOptions options{
      .filters = groups == 1 ? filters() : groups * draws_.between(1, 4),
      .kernel_size = kernel(),
      .padding = padding(),
      .groups = groups,
      .activation = function(),
      .use_bias = !draws_.one_in(3)};
  (draws_.one_in(4) ? options.dilation_rate : options.strides) = strides();
  return layers::Conv2D(options)(x);
}

// Behind a convolution of any kind.
Symbol RandomBlocks::normalized(const Symbol& x) {
  Symbol y =
      draws_.among({0, 0, 0, 1, 2, 3}) == 0 ? pointwise(x, filters()) : x;
  if (draws_.one_in(2)) y = draws_.one_in(2) ? convolution(x) : transposed(x);
  y = normalize(y);
  const ActivationFunction f = function();
  return f == ActivationFunction::linear ? y : layers::Activation(f)(y);
}

Symbol RandomBlocks::normalize(const Symbol& x) {
  // Of few values the statistics make the rest of the network a step
  // function.
  const Shape& shape = x.shape();
  if (batch_ * shape[1] * shape[2] < 16) return x;
  const layers::BatchNormalization normalization(
      {.momentum = draws_.among(std::vector{0.9, 0.99}),
       .epsilon = draws_.among(std::vector{1e-3, 1e-2}),
       .center = !draws_.one_in(6),
       .scale = !draws_.one_in(6)});
  if (draws_.one_in(6)) normalization.definition().set_trainable(false);
  return normalization(x, {.training = !draws_.one_in(8)});
}

Symbol RandomBlocks::pointwise(const Symbol& x, std::int64_t filters,
                               bool use_bias) {
  return layers::Conv2D(
      {.filters = filters, .kernel_size = 1, .use_bias = use_bias})(x);
}

Symbol RandomBlocks::depthwise(const Symbol& x) {
  layers::DepthwiseConv2DOptions options{
      .kernel_size = kernel(),
      .strides = draws_.among({1, 1, 2}),
      .padding = padding(),
      .depth_multiplier = draws_.among({1, 1, 1, 2, 3}),
      .activation = function(),
      .use_bias = !draws_.one_in(3)};
  if (draws_.one_in(4)) {
    options.strides = 1;
    options.dilation_rate = strides();
  }
  const Symbol y = layers::DepthwiseConv2D(options)(x);
  return draws_.one_in(2) ? normalize(y) : y;
}

Symbol RandomBlocks::separable(const Symbol& x) {
  return layers::SeparableConv2D({.filters = filters(),
                                  .kernel_size = kernel(),
                                  .strides = draws_.among({1, 1, 2}),
                                  .padding = padding(),
                                  .depth_multiplier = draws_.among({1, 1, 2}),
                                  .activation = function(),
                                  .use_bias = !draws_.one_in(3)})(x);
}

Symbol RandomBlocks::transposed(const Symbol& x) {
  return layers::Conv2DTranspose({.filters = filters(),
                                  .kernel_size = kernel(),
                                  .strides = strides(),
                                  .padding = padding(),
                                  .activation = function(),
                                  .use_bias = !draws_.one_in(3)})(x);
}

Symbol RandomBlocks::same(const Symbol& x, std::int64_t filters) {
  return layers::Conv2D({.filters = filters,
                         .kernel_size = draws_.among({1, 3, 3}),
                         .padding = Padding::same})(x);
}

Symbol RandomBlocks::sum(const Symbol& a, const Symbol& b) {
  return draws_.one_in(2) ? layers::Add()({a, b}) : layers::Add()({b, a});
}

Symbol RandomBlocks::residual(const Symbol& x) {
  Symbol y = layers::ReLU()(normalize(same(x, filters())));
  y = draws_.one_in(3) ? transposed_same(y, channels(x)) : same(y, channels(x));
  if (!draws_.one_in(3)) y = normalize(y);
  y = sum(y, x);
  return draws_.one_in(2) ? layers::ReLU()(y) : y;
}

Symbol RandomBlocks::transposed_same(const Symbol& x, std::int64_t filters) {
  return layers::Conv2DTranspose(
      {.filters = filters, .kernel_size = 3, .padding = Padding::same})(x);
}

// As MobileNetV2 and EfficientNet have it.
Symbol RandomBlocks::inverted(const Symbol& x) {
  const ActivationFunction f = function();
  Symbol y = normalize(pointwise(x, channels(x) * draws_.between(3, 4)));
  y = layers::Activation(f)(y);
  y = layers::DepthwiseConv2D({.kernel_size = draws_.among({3, 5}),
                               .strides = draws_.among({1, 1, 2}),
                               .padding = Padding::same,
                               .use_bias = false})(y);
  y = layers::Activation(f)(normalize(y));
  if (draws_.one_in(2)) y = gated(y);
  y = normalize(pointwise(y, draws_.one_in(3) ? filters() : channels(x)));
  if (y.shape() != x.shape()) return y;
  if (draws_.one_in(3)) {
    y = layers::Dropout({.rate = 0.3, .noise_shape = {-1, 1, 1, 1}})(y);
  }
  return sum(y, x);
}

// Squeeze-and-excite.
Symbol RandomBlocks::gated(const Symbol& x) {
  Symbol gate = layers::GlobalAveragePooling2D({.keepdims = true})(x);
  gate = layers::Activation(function())(pointwise(gate, filters(), true));
  gate = layers::Activation(ActivationFunction::sigmoid)(
      pointwise(gate, channels(x), true));
  return draws_.one_in(3) ? layers::Multiply()({gate, x})
                          : layers::Multiply()({x, gate});
}

Symbol RandomBlocks::enlarge(const Symbol& x, Pair size) {
  return layers::UpSampling2D(
      {.size = size,
       .interpolation = draws_.one_in(4) ? layers::Interpolation::bilinear
                                         : layers::Interpolation::nearest})(x);
}

Symbol RandomBlocks::enlarged(const Symbol& x) {
  const Pair size = draws_.one_in(3)
                        ? Pair{draws_.between(1, 3), draws_.between(1, 3)}
                        : Pair(2);
  const Symbol y = enlarge(x, size);
  switch (draws_.between(0, 4)) {
    case 0:
      return pointwise(y, filters(), draws_.one_in(2));
    case 1:
      return same(y, filters());
    case 2:
      return normalize(transposed_same(y, filters()));
    case 3: {
      const Symbol other = enlarge(pointwise(x, filters()), size);
      return sum(pointwise(y, channels(other), draws_.one_in(2)), other);
    }
    default:
      return layers::Activation(function())(y);
  }
}

Symbol RandomBlocks::pooled(const Symbol& x) {
  const Pair size = draws_.one_in(3)
                        ? Pair{draws_.between(1, 3), draws_.between(1, 3)}
                        : Pair(draws_.among({2, 3}));
  if (draws_.one_in(2)) {
    return layers::MaxPooling2D(
        {.pool_size = size, .strides = strides(), .padding = padding()})(x);
  }
  return layers::AveragePooling2D(
      {.pool_size = size, .strides = strides(), .padding = padding()})(x);
}

Symbol RandomBlocks::padded(const Symbol& x) {
  Symbol y = x;
  for (std::int64_t more = draws_.among({1, 1, 2}); more > 0; --more) {
    const layers::Border border{
        Pair{draws_.between(0, 2), draws_.between(0, 2)},
        Pair{draws_.between(0, 2), draws_.between(0, 2)}};
    y = layers::ZeroPadding2D({.padding = border})(y);
  }
  return draws_.among({0, 1, 2, 3}) == 0 ? pooled(y)
         : draws_.one_in(2)              ? depthwise(y)
                                         : convolution(y);
}

Symbol RandomBlocks::joined(const Symbol& x) {
  std::vector<Symbol> parts{
      x, same(x, draws_.one_in(3) ? channels(x) : filters())};
  if (draws_.one_in(3)) parts.push_back(parts[0]);
  const bool rows = channels(parts[1]) == channels(x) && draws_.one_in(2);
  return layers::Concatenate({.axis = rows ? 1 : -1})(parts);
}

Symbol RandomBlocks::multiplied(const Symbol& x) {
  return layers::Multiply()(
      {x, layers::Activation(function())(same(x, channels(x)))});
}

// One layer twice.
Symbol RandomBlocks::shared(const Symbol& x) {
  const layers::Conv2D layer({.filters = channels(x),
                              .kernel_size = 3,
                              .padding = Padding::same,
                              .activation = function()});
  return layer(layer(x));
}

Symbol RandomBlocks::dense(const Symbol& x) {
  return layers::Dense({.units = filters(),
                        .activation = draws_.one_in(6)
                                          ? ActivationFunction::softmax
                                          : function(),
                        .use_bias = !draws_.one_in(3)})(x);
}

Symbol RandomBlocks::dropped(const Symbol& x) {
  layers::DropoutOptions options{.rate = 0.4};
  if (draws_.one_in(2)) options.noise_shape = {-1, 1, 1, -1};
  return layers::Dropout(options)(x);
}

Symbol RandomBlocks::rescaled(const Symbol& x) {
  if (draws_.one_in(2)) {
    return layers::Rescaling({.scale = {1.5}, .offset = {-0.25}})(x);
  }
  std::vector<double> scale;
  for (std::int64_t c = 0; c < channels(x); ++c) {
    scale.push_back(0.5 + 0.25 * static_cast<double>(c % 5));
  }
  return layers::Rescaling({.scale = scale})(x);
}

Symbol RandomBlocks::activated(const Symbol& x) {
  Symbol y = layers::Activation(function())(x);
  if (draws_.one_in(2)) y = layers::ReLU()(layers::ReLU()(y));
  return y;
}

}  // namespace lathe::testing
