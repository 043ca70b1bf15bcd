#include "augment/layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "augment/parse.h"
#include "core/graph/passes/passes.h"
#include "layers/input.h"
#include "models/model.h"

namespace lathe::augment {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json config_of(const Augmentation& operation, LayerOptions options = {}) {
  json config = layer(operation, std::move(options)).definition().config();
  for (const char* key : {"name", "trainable", "dtype"}) config.erase(key);
  return config;
}

layers::Layer from(const std::string& class_name, const json& config) {
  return layers::layer_from_config(
      {{"class_name", class_name}, {"config", config}}, layer_factories());
}

template <class F>
std::string error_of(const F& make) {
  try {
    make();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// As get_config() of Keras 3.15.1 has them.
TEST(AugmentationLayer, ConfigsAreKeras) {
  EXPECT_EQ(config_of(RandomFlip{"horizontal"}, {.seed = 3}),
            json::parse(R"({"data_format": "channels_last", "seed": 3,
                            "mode": "horizontal"})"));
  EXPECT_EQ(config_of(RandomRotation{.factor = 0.1}),
            json::parse(R"({"data_format": "channels_last", "seed": null,
                            "factor": [-0.1, 0.1], "fill_mode": "reflect",
                            "fill_value": 0.0, "interpolation": "bilinear"})"));
  EXPECT_EQ(config_of(RandomZoom{.height_factor = {-0.3, 0.2},
                                 .fill_mode = FillMode::constant,
                                 .interpolation = Interpolation::nearest,
                                 .fill_value = 0.2F}),
            json::parse(R"({"data_format": "channels_last", "seed": null,
                      "height_factor": [-0.3, 0.2], "width_factor": null,
                      "fill_mode": "constant", "interpolation": "nearest",
                      "fill_value": 51.0})"));
  EXPECT_EQ(config_of(RandomTranslation{.height_factor = 0.1}),
            config_of(RandomTranslation{.height_factor = 0.1,
                                        .width_factor = Factor(0.1)}));
}

TEST(AugmentationLayer, ColourLayersSayTheirRange) {
  EXPECT_EQ(
      config_of(RandomBrightness{.factor = 0.25}, {.value_range = {0, 1}}),
      json::parse(R"({"data_format": "channels_last", "seed": null,
                            "factor": [-0.25, 0.25],
                            "value_range": [0.0, 1.0]})"));
  // Keras says how far down and how far up.
  EXPECT_EQ(config_of(RandomContrast{.factor = {-0.25, 0.5}}),
            json::parse(R"({"data_format": "channels_last", "seed": null,
                            "factor": [0.25, 0.5],
                            "value_range": [0.0, 255.0]})"));
  for (const json& factor : {json{0.25, 0.5}, json{0, 0.5}, json{-0.25, 0.5}}) {
    const json config = {{"factor", factor}, {"value_range", {0, 2}}};
    const json written = from("RandomContrast", config).definition().config();
    EXPECT_EQ(written["factor"], factor);
    EXPECT_EQ(written["value_range"], config["value_range"]);
  }
}

TEST(AugmentationLayer, AConfigComesBackAsItWas) {
  for (int value = 0; value <= 255; ++value) {
    const json config = {{"name", "turn"},
                         {"factor", {-0.05, 0.15}},
                         {"fill_mode", "constant"},
                         {"fill_value", value},
                         {"seed", 4},
                         {"interpolation", "nearest"}};
    const layers::Layer read = from("RandomRotation", config);
    EXPECT_EQ(read.name(), "turn");
    const json written = read.definition().config();
    for (const auto& [key, expected] : config.items()) {
      EXPECT_EQ(written.at(key), expected) << key;
    }
  }
  // Keras writes what was given where it is a layer of two factors.
  const json zoom = {{"height_factor", 0.2}, {"width_factor", nullptr}};
  EXPECT_EQ(from("RandomZoom", zoom).definition().config()["height_factor"],
            0.2);
}

TEST(AugmentationLayer, RefusesWhatTheFileCannotSay) {
  EXPECT_THAT(error_of([] { layer(RandomFlip{.shared_bit = true}); }),
              HasSubstr("RandomFlip 'random_flip': shared_bit is true, which"));
  EXPECT_THAT(
      error_of([] { layer(RandomZoom{.fill_mode = FillMode::mirror}); }),
      HasSubstr("fill_mode is mirror, which the Keras layer can't say"));
  EXPECT_THAT(error_of([] {
                layer(RandomFlip{}, {.value_range = {1, 1}});
              }),
              HasSubstr("value_range is 1 to 1; black must be below white"));
  EXPECT_THAT(
      error_of([] {
        layer(RandomContrast{.factor = {-0.5, 0.2}});
      }),
      HasSubstr("factor is -0.5:0.2, which reaches further down than up"));
  EXPECT_THAT(error_of([] {
                from("RandomRotation", {{"name", "r"}, {"factor", 1.5}});
              }),
              HasSubstr("RandomRotation 'r': rotation: factor is -1.5 to 1.5"));
  EXPECT_THAT(error_of([] {
                from("RandomRotation", {{"factor", 0.5}, {"angle", 3}});
              }),
              HasSubstr("the option angle (3) is not supported"));
  EXPECT_THAT(error_of([] {
                from("RandomFlip", {{"data_format", "channels_first"}});
              }),
              HasSubstr("data_format"));
  EXPECT_THAT(error_of([] { from("RandomFlop", json::object()); }),
              HasSubstr("RandomFlip"));
  EXPECT_THAT(error_of([] {
                layer(RandomFlip{})(layers::Input({.shape = {4, 5}}));
              }),
              HasSubstr("takes images (N, H, W, C)"));
}

models::Model chain(const std::vector<Augmentation>& operations) {
  const layers::Symbol input = layers::Input({.shape = {9, 12, 3}});
  layers::Symbol x = input;
  for (const Augmentation& operation : operations) x = layer(operation)(x);
  return {input, x};
}

TEST(AugmentationLayer, InferenceHasNoneOfIt) {
  const models::Model model = chain({RandomFlip{}, RandomRotation{}});
  EXPECT_TRUE(model.lower({.batch = 2}).graph.nodes().empty());
  EXPECT_EQ(model.lower({.batch = 2}).draw, graph::kNoValue);
  EXPECT_EQ(model.lower({.batch = 2, .training = true}).graph.nodes().size(),
            2U);
  EXPECT_EQ(model.count_params(), 0);
}

TEST(AugmentationLayer, NeighboursBecomeOneEffect) {
  const auto joined = [](const std::vector<Augmentation>& operations) {
    models::LoweredModel lowered =
        chain(operations).lower({.batch = 2, .training = true});
    lowered.graph.mark_output("images", lowered.outputs[0]);
    graph::run_passes(lowered.graph, graph::forward_passes(), {});
    std::vector<std::string> texts;
    for (const graph::Node& node : lowered.graph.nodes()) {
      texts.push_back(
          std::get<graph::Augmentation>(node.operation).effect->text());
    }
    return texts;
  };
  EXPECT_THAT(
      joined({RandomFlip{"horizontal"}, RandomRotation{}, RandomZoom{}}),
      ::testing::ElementsAre("flip=horizontal,rotation=0.1,zoom=0.2"));
}

TEST(AugmentationLayer, EffectsOfOtherNumbersOrUnitsStayApart) {
  const RandomRotation filled{.fill_mode = FillMode::constant};
  const auto effect = [](const Augmentation& operation, std::uint32_t number,
                         ValueRange range) {
    return effect_of(Pipeline({operation}, {.first_number = number}), range);
  };
  const auto first = effect(filled, 3, {0, 255});
  EXPECT_NE(first->then(*effect(filled, 4, {0, 255})), nullptr);
  EXPECT_EQ(first->then(*effect(filled, 5, {0, 255})), nullptr);
  EXPECT_EQ(first->then(*effect(filled, 4, {0, 1})), nullptr);
  // Nothing of a flip depends on the units.
  EXPECT_NE(first->then(*effect(RandomFlip{}, 4, {0, 1})), nullptr);
  EXPECT_NE(effect(RandomFlip{}, 2, {0, 1})->then(*first), nullptr);
}

}  // namespace
}  // namespace lathe::augment
