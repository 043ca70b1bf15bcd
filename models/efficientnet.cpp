#include "models/efficientnet.h"

#include <array>
#include <cmath>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/depthwise_conv2d.h"
#include "layers/dropout.h"
#include "layers/global_average_pooling2d.h"
#include "layers/global_max_pooling2d.h"
#include "layers/input.h"
#include "layers/multiply.h"
#include "layers/normalization.h"
#include "layers/rescaling.h"
#include "layers/reshape.h"
#include "layers/zero_padding2d.h"

namespace lathe::models {
namespace {

using namespace layers;

// How a variant scales the base network (Tan and Le, section 3.3).
struct Variant {
  std::string_view name;
  double width = 1;
  double depth = 1;
  std::int64_t size = 224;
  double dropout_rate = 0.2;
};

constexpr std::array kVariants = {
    Variant{"b0", 1.0, 1.0, 224, 0.2}, Variant{"b1", 1.0, 1.1, 240, 0.2},
    Variant{"b2", 1.1, 1.2, 260, 0.3}, Variant{"b3", 1.2, 1.4, 300, 0.3},
    Variant{"b4", 1.4, 1.8, 380, 0.4}, Variant{"b5", 1.6, 2.2, 456, 0.4},
    Variant{"b6", 1.8, 2.6, 528, 0.5}, Variant{"b7", 2.0, 3.1, 600, 0.5}};

// A run of blocks in the base network (Tan and Le, table 1).
struct Stage {
  std::int64_t kernel_size = 3;
  std::int64_t repeats = 1;
  std::int64_t filters_in = 32;
  std::int64_t filters_out = 16;
  std::int64_t expand_ratio = 6;
  std::int64_t strides = 1;
};

constexpr std::array kStages = {
    Stage{.repeats = 1, .filters_in = 32, .filters_out = 16, .expand_ratio = 1},
    Stage{.repeats = 2, .filters_in = 16, .filters_out = 24, .strides = 2},
    Stage{.kernel_size = 5,
          .repeats = 2,
          .filters_in = 24,
          .filters_out = 40,
          .strides = 2},
    Stage{.repeats = 3, .filters_in = 40, .filters_out = 80, .strides = 2},
    Stage{.kernel_size = 5, .repeats = 3, .filters_in = 80, .filters_out = 112},
    Stage{.kernel_size = 5,
          .repeats = 4,
          .filters_in = 112,
          .filters_out = 192,
          .strides = 2},
    Stage{.repeats = 1, .filters_in = 192, .filters_out = 320}};

constexpr std::int64_t kStemFilters = 32;
constexpr std::int64_t kTopFilters = 1280;
/// Filters are multiples of this.
constexpr std::int64_t kDivisor = 8;
constexpr double kSqueezeRatio = 0.25;

const Initializer kKernelInitializer =
    VarianceScaling{.scale = 2, .mode = FanMode::fan_out};
const Initializer kTopInitializer =
    VarianceScaling{.scale = 1.0 / 3,
                    .mode = FanMode::fan_out,
                    .distribution = Distribution::uniform};

// Scaled by the width; rounding takes at most a tenth away.
std::int64_t round_filters(std::int64_t filters, const Variant& variant) {
  const double scaled = static_cast<double>(filters) * variant.width;
  std::int64_t rounded =
      std::max(kDivisor, static_cast<std::int64_t>(scaled + kDivisor / 2.0) /
                             kDivisor * kDivisor);
  if (static_cast<double>(rounded) < 0.9 * scaled) rounded += kDivisor;
  return rounded;
}

std::int64_t round_repeats(std::int64_t repeats, const Variant& variant) {
  return static_cast<std::int64_t>(
      std::ceil(variant.depth * static_cast<double>(repeats)));
}

Symbol convolution(const Symbol& x, std::int64_t filters,
                   const std::string& name) {
  return Conv2D({.filters = filters,
                 .kernel_size = 1,
                 .padding = Padding::same,
                 .use_bias = false,
                 .kernel_initializer = kKernelInitializer,
                 .name = name})(x);
}

Symbol normalization(const Symbol& x, const std::string& name) {
  return BatchNormalization({.axis = 3, .name = name})(x);
}

Symbol swish(const Symbol& x, const std::string& name) {
  return Activation({.activation = ActivationFunction::silu, .name = name})(x);
}

// Zeros around x after which a valid convolution of stride 2 sees what one of
// padding "same" centres on every second pixel (imagenet_utils.correct_pad).
Symbol padded(const Symbol& x, std::int64_t kernel_size,
              const std::string& name) {
  const std::int64_t after = kernel_size / 2;
  const auto before = [&](std::size_t axis) {
    return after - 1 + x.shape()[axis] % 2;
  };
  return ZeroPadding2D(
      {.padding = {Pair(before(1), after), Pair(before(2), after)},
       .name = name})(x);
}

// Scales each channel by a number that the channels' means determine (Hu et
// al., "Squeeze-and-excitation networks", 2018).
Symbol squeeze_and_excite(const Symbol& x, std::int64_t filters_squeezed,
                          const std::string& name) {
  const std::int64_t filters = x.shape().back();
  Symbol se = GlobalAveragePooling2D({.name = name + "se_squeeze"})(x);
  se = Reshape({.target_shape = {1, 1, filters}, .name = name + "se_reshape"})(
      se);
  const auto convolve = [&](std::int64_t count, ActivationFunction activation,
                            const char* part) {
    se = Conv2D({.filters = count,
                 .kernel_size = 1,
                 .padding = Padding::same,
                 .activation = activation,
                 .kernel_initializer = kKernelInitializer,
                 .name = name + part})(se);
  };
  convolve(filters_squeezed, ActivationFunction::silu, "se_reduce");
  convolve(filters, ActivationFunction::sigmoid, "se_expand");
  return Multiply({.name = name + "se_excite"})({x, se});
}

// An inverted residual block.
Symbol block(const Symbol& input, const Stage& stage, double drop_rate,
             const std::string& name) {
  Symbol x = input;
  if (stage.expand_ratio != 1) {
    x = convolution(x, stage.filters_in * stage.expand_ratio,
                    name + "expand_conv");
    x = normalization(x, name + "expand_bn");
    x = swish(x, name + "expand_activation");
  }
  const bool halves = stage.strides == 2;
  if (halves) x = padded(x, stage.kernel_size, name + "dwconv_pad");
  x = DepthwiseConv2D({.kernel_size = stage.kernel_size,
                       .strides = stage.strides,
                       .padding = halves ? Padding::valid : Padding::same,
                       .use_bias = false,
                       .depthwise_initializer = kKernelInitializer,
                       .name = name + "dwconv"})(x);
  x = normalization(x, name + "bn");
  x = swish(x, name + "activation");
  const auto squeezed = static_cast<std::int64_t>(
      static_cast<double>(stage.filters_in) * kSqueezeRatio);
  x = squeeze_and_excite(x, std::max<std::int64_t>(1, squeezed), name);
  x = convolution(x, stage.filters_out, name + "project_conv");
  x = normalization(x, name + "project_bn");
  if (halves || stage.filters_in != stage.filters_out) return x;
  if (drop_rate > 0) {
    x = Dropout({.rate = drop_rate,
                 .noise_shape = {-1, 1, 1, 1},
                 .name = name + "drop"})(x);
  }
  return Add({.name = name + "add"})({x, input});
}

Symbol blocks(Symbol x, const Variant& variant, double drop_connect_rate) {
  std::int64_t count = 0;
  for (const Stage& stage : kStages) {
    count += round_repeats(stage.repeats, variant);
  }
  std::int64_t done = 0;
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    Stage stage = kStages[i];
    stage.filters_in = round_filters(stage.filters_in, variant);
    stage.filters_out = round_filters(stage.filters_out, variant);
    const std::int64_t repeats = round_repeats(stage.repeats, variant);
    for (std::int64_t j = 0; j < repeats; ++j) {
      if (j > 0) {
        stage.strides = 1;
        stage.filters_in = stage.filters_out;
      }
      const double drop_rate = drop_connect_rate * static_cast<double>(done++) /
                               static_cast<double>(count);
      x = block(x, stage, drop_rate,
                concat("block", i + 1, static_cast<char>('a' + j), '_'));
    }
  }
  return x;
}

const Variant& variant_of(const EfficientNetOptions& options) {
  std::string known;
  for (const Variant& variant : kVariants) {
    if (variant.name == options.variant) return variant;
    known += (known.empty() ? "" : ", ") + std::string(variant.name);
  }
  fail("efficientnet: there is no variant '", options.variant, "'; there are ",
       known);
}

void require_options(const EfficientNetOptions& options, ImageSize size) {
  if (options.stem_strides != 1 && options.stem_strides != 2) {
    fail("efficientnet: stem_strides is ", options.stem_strides,
         "; it must be 1 or 2");
  }
  const std::int64_t least = 16 * options.stem_strides;
  if (size.height < least || size.width < least) {
    fail("efficientnet: a size of ", size.height, " x ", size.width,
         "; height and width must be at least ", least,
         " with stem_strides = ", options.stem_strides);
  }
  if (options.classes < 1) {
    fail("efficientnet: ", options.classes, " classes; it must be at least 1");
  }
}

}  // namespace

Model efficientnet(const EfficientNetOptions& options) {
  const Variant& variant = variant_of(options);
  const ImageSize size =
      options.size.value_or(ImageSize{variant.size, variant.size});
  require_options(options, size);

  const Symbol input =
      Input({.shape = {size.height, size.width, options.channels}});
  Symbol x = Rescaling({.scale = {1.0 / 255}})(input);
  x = Normalization({.axis = 3})(x);
  const bool halves = options.stem_strides == 2;
  if (halves) x = padded(x, 3, "stem_conv_pad");
  x = Conv2D({.filters = round_filters(kStemFilters, variant),
              .kernel_size = 3,
              .strides = options.stem_strides,
              .padding = halves ? Padding::valid : Padding::same,
              .use_bias = false,
              .kernel_initializer = kKernelInitializer,
              .name = "stem_conv"})(x);
  x = normalization(x, "stem_bn");
  x = swish(x, "stem_activation");
  x = blocks(x, variant, options.drop_connect_rate);
  x = convolution(x, round_filters(kTopFilters, variant), "top_conv");
  x = normalization(x, "top_bn");
  x = swish(x, "top_activation");
  if (options.include_top) {
    x = GlobalAveragePooling2D({.name = "avg_pool"})(x);
    const double rate = options.dropout_rate.value_or(variant.dropout_rate);
    if (rate > 0) x = Dropout({.rate = rate, .name = "top_dropout"})(x);
    x = Dense({.units = options.classes,
               .activation = options.classifier_activation,
               .kernel_initializer = kTopInitializer,
               .name = "predictions"})(x);
  } else if (options.pooling == Pooling::average) {
    x = GlobalAveragePooling2D({.name = "avg_pool"})(x);
  } else if (options.pooling == Pooling::max) {
    x = GlobalMaxPooling2D({.name = "max_pool"})(x);
  }
  return Model(
      input, x,
      options.name.empty() ? "efficientnet" + options.variant : options.name);
}

}  // namespace lathe::models
