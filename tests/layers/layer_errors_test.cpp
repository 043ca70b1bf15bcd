#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/input.h"
#include "layers/max_pooling2d.h"
#include "layers/multiply.h"
#include "layers/normalization.h"
#include "layers/registry.h"
#include "layers/reshape.h"
#include "layers/zero_padding2d.h"

namespace lathe::layers {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

template <class F>
void expect_error(F&& act, const std::string& first,
                  const std::string& second = "") {
  EXPECT_THAT(std::forward<F>(act),
              ThrowsMessage<Error>(AllOf(HasSubstr(first), HasSubstr(second))));
}

Symbol image() {
  return Input({.shape = {8, 8, 4}});
}

TEST(LayerErrors, SnakeCase) {
  EXPECT_EQ(snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("GlobalAveragePooling2D"), "global_average_pooling2d");
  EXPECT_EQ(snake_case("UpSampling2D"), "up_sampling2d");
  EXPECT_EQ(snake_case("InputLayer"), "input_layer");
}

TEST(LayerErrors, OptionsThatMakeNoSense) {
  expect_error([] { Conv2D({.kernel_size = 3, .name = "stem"}); },
               "Conv2D 'stem': filters is 0");
  expect_error([] { Conv2D({.filters = 4}); }, "kernel_size is (0, 0)");
  expect_error(
      [] {
        Conv2D({.filters = 4,
                .kernel_size = 3,
                .strides = {1, 2},
                .dilation_rate = 2});
      },
      "strides is (1, 2) and dilation_rate (2, 2)", "one of them must be 1");
  expect_error([] { Conv2D({.filters = 5, .kernel_size = 3, .groups = 2}); },
               "a positive multiple of groups");
  expect_error(
      [] {
        Conv2DTranspose({.filters = 5,
                         .kernel_size = 3,
                         .strides = 2,
                         .output_padding = 2});
      },
      "output_padding is (2, 2)", "below strides");
  expect_error([] { Dense({.name = "top"}); }, "Dense 'top': units is 0");
  expect_error([] { Dropout({.rate = 1}); }, "rate is 1");
  expect_error([] { Reshape({.target_shape = {-1, -1}}); }, "target_shape");
  expect_error(
      [] {
        ZeroPadding2D({.padding = {{1, -1}, {0, 0}}});
      },
      "padding is [[1,-1],[0,0]]");
  expect_error([] { Normalization({.mean = {1}}); }, "1 means and 0 variances");
  expect_error(
      [] {
        Input({.shape = {-1, 8, 3}});
      },
      "every extent but the batch's must be known");
  expect_error([] { activation_from("gelu"); }, "'gelu'", "silu (swish)");
}

TEST(LayerErrors, InputsThatDoNotFit) {
  expect_error(
      [] { Conv2D({.filters = 4, .kernel_size = 9, .name = "wide"})(image()); },
      "Conv2D 'wide'", "a window of 9 does not fit");
  expect_error(
      [] { Conv2D({.filters = 6, .kernel_size = 1, .groups = 3})(image()); },
      "4 channels can't be divided into 3 groups");
  expect_error([] { MaxPooling2D()(Flatten()(image())); },
               "takes images (N, H, W, C), not an input of shape (-1, 256)");
  expect_error([] { Add()(image()); }, "adds two or more inputs, not 1");
  expect_error(
      [] {
        Add()({image(), Input({.shape = {8, 8, 3}})});
      },
      "(-1, 8, 8, 4) and (-1, 8, 8, 3)");
  expect_error(
      [] {
        Multiply({.name = "gate"})({image(), Input({.shape = {8, 1, 2}})});
      },
      "Multiply 'gate'");
  expect_error(
      [] {
        Concatenate({.axis = 0})({image(), image()});
      },
      "axis is 0");
  expect_error(
      [] {
        Concatenate()({image(), Input({.shape = {8, 7, 4}})});
      },
      "they may differ along axis 3 only");
  expect_error([] { BatchNormalization({.axis = 1})(image()); },
               "only the last axis");
  expect_error(
      [] {
        Reshape({.target_shape = {3, -1}})(image());
      },
      "must have 256 elements");
  expect_error(
      [] {
        Dropout({.noise_shape = {1, 1, 1, 4}})(image());
      },
      "noise_shape is (1, 1, 1, 4)");
  expect_error(
      [] {
        Conv2DTranspose({.filters = 2,
                         .kernel_size = 2,
                         .strides = 2,
                         .padding = Padding::same,
                         .output_padding = 0})(image());
      },
      "choose a larger output_padding");
}

TEST(LayerErrors, ASharedLayerKeepsItsWeights) {
  const Dense dense({.units = 3, .name = "shared"});
  dense(Input({.shape = {4}}));
  const void* memory = dense.definition().weights()[0].tensor.raw();
  dense(Input({.shape = {6, 4}}));
  EXPECT_EQ(dense.definition().weights()[0].tensor.raw(), memory);
  expect_error([&] { dense(Input({.shape = {5}})); },
               "Dense 'shared': its kernel is (4, 3)", "needs (5, 3)");
  EXPECT_EQ(dense.definition().weights().size(), 2U);
}

json conv2d_config() {
  return Conv2D({.filters = 4, .kernel_size = 3, .name = "stem"})
      .definition()
      .config();
}

void expect_config_error(const std::string& key, const json& value,
                         const std::string& text) {
  json config = conv2d_config();
  config[key] = value;
  expect_error(
      [&] {
        layer_from_config({{"class_name", "Conv2D"}, {"config", config}});
      },
      "Conv2D 'stem': ", text);
}

TEST(LayerErrors, ConfigsOfWhatKerasHasAndWeDoNot) {
  expect_config_error("data_format", "channels_first",
                      "the option data_format is \"channels_first\"; it can "
                      "be \"channels_last\"");
  expect_config_error("kernel_regularizer", {{"class_name", "L2"}},
                      "the option kernel_regularizer");
  expect_config_error("dtype", "mixed_float16", "the option dtype is");
  expect_config_error(
      "dtype",
      {{"class_name", "DTypePolicy"}, {"config", {{"name", "bfloat16"}}}},
      "the option dtype is");
  expect_config_error("activation", "gelu",
                      "activation: the activation 'gelu'");
  expect_config_error("lora_rank", 4, "the option lora_rank (4)");
  expect_config_error("padding", "causal", "it can be valid or same");
  expect_config_error("kernel_size", {3, 3, 3},
                      "it can be one or two integers");
  expect_config_error("filters", "many", "it can be an integer");
  expect_config_error("kernel_initializer", {{"class_name", "Orthogonal"}},
                      "kernel_initializer: initializer 'Orthogonal'");
}

TEST(LayerErrors, UnknownLayers) {
  expect_error(
      [] {
        layer_from_config({{"class_name", "LSTM"},
                           {"module", "keras.layers"},
                           {"config", {{"name", "memory"}}}});
      },
      "layer 'memory' is a keras.layers.LSTM, which lathe does not have",
      "Conv2D, Conv2DTranspose, Dense");
  expect_error(
      [] {
        layer_from_config({{"class_name", "Add"},
                           {"module", "keras.src.ops.numpy"},
                           {"config", {{"name", "add"}}}});
      },
      "keras.src.ops.numpy.Add");
  expect_error([] { layer_from_config(json::array()); },
               "should be an object with class_name and config");
}

TEST(LayerErrors, TrainableIsRead) {
  json config = conv2d_config();
  config["trainable"] = false;
  const Layer layer =
      layer_from_config({{"class_name", "Conv2D"}, {"config", config}});
  EXPECT_FALSE(layer.definition().trainable());
  EXPECT_EQ(layer.definition().config(), config);
}

}  // namespace
}  // namespace lathe::layers
