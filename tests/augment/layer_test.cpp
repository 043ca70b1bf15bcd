#include "augment/layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "augment/list.h"
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

struct Said {
  Augmentation operation;
  std::string class_name;
  json config;
};

// What the others say, beside value_range and those that all have; and that it
// means the same again.
TEST(AugmentationLayer, FurtherOperationsAreKerasLayersToo) {
  const std::vector<Said> all{
      {RandomShear{.x_factor = 0.2, .fill_mode = FillMode::constant},
       "RandomShear",
       {{"x_factor", 0.2},
        {"y_factor", 0},
        {"fill_mode", "constant"},
        {"interpolation", "bilinear"},
        {"fill_value", 0}}},
      {RandomGrayscale{.p = 0.3F}, "RandomGrayscale", {{"factor", 0.3}}},
      {RandomInvert{.p = 0.3F}, "RandomInvert", {{"factor", {0.3, 0.3}}}},
      {RandomHue{.factor = 0.05}, "RandomHue", {{"factor", {0, 0.1}}}},
      {RandomColorJitter{.contrast = {-0.2, 0.4}, .hue = 0.25},
       "RandomColorJitter",
       {{"brightness_factor", nullptr},
        {"contrast_factor", {0.2, 0.4}},
        {"saturation_factor", nullptr},
        {"hue_factor", {0, 0.5}}}},
      {RandomColorDegeneration{.factor = {0.2, 0.4}},
       "RandomColorDegeneration",
       {{"factor", {0.2, 0.4}}}},
      {RandomGaussianBlur{.sigma = 0.5,
                          .kernel_size = 5,
                          .fill_mode = FillMode::constant,
                          .p = 0.25F},
       "RandomGaussianBlur",
       {{"factor", {0.25, 0.25}},
        {"kernel_size", {5, 5}},
        {"sigma", {0.5, 0.5}}}},
      {RandomSharpness{.factor = 0.7, .fill_mode = FillMode::constant},
       "RandomSharpness",
       {{"factor", {0.7, 0.7}}}},
      {RandomPosterization{.bits = {4, 8}},
       "RandomPosterization",
       {{"factor", {4, 9}}}},
      {RandomPosterization{.bits = 3},
       "RandomPosterization",
       {{"factor", {3, 3}}}},
      {RandomSolarization{.threshold = {0, 0.4}},
       "Solarization",
       {{"threshold_factor", {0, 0.4}}, {"addition_factor", {0, 0}}}},
      {RandomErasing{.scale = {0.1, 0.2}, .fill_value = 0.2F, .p = 0.25F},
       "RandomErasing",
       {{"factor", {0.25, 0.25}}, {"scale", {0.1, 0.2}}, {"fill_value", 51}}},
      {RandomErasing{.noise = true},
       "RandomErasing",
       {{"factor", {0.5, 0.5}},
        {"scale", {0.02, 0.33}},
        {"fill_value", nullptr}}},
  };
  for (const Said& each : all) {
    SCOPED_TRACE(each.operation.text());
    const layers::Layer ours = layer(each.operation, {.name = "drawn"});
    EXPECT_EQ(ours.definition().class_name(), each.class_name);
    json config = config_of(each.operation);
    for (const char* key : {"data_format", "seed", "value_range"}) {
      config.erase(key);
    }
    EXPECT_EQ(config, each.config);
    const json whole = ours.definition().config();
    EXPECT_EQ(from(each.class_name, whole).definition().config(), whole);
  }
}

// Keras' ways of saying what its layers then write otherwise.
TEST(AugmentationLayer, ReadsWhatKerasTakesANumberFor) {
  const auto written = [](const char* class_name, const json& config,
                          const char* key) {
    return from(class_name, config).definition().config().at(key);
  };
  const json half{0.5, 0.5};
  EXPECT_EQ(written("RandomInvert", {{"factor", 1}}, "factor"), half);
  EXPECT_EQ(written("RandomErasing", {{"factor", {0.2, 0.8}}}, "factor"), half);
  EXPECT_EQ(written("RandomErasing", {{"factor", 1}}, "fill_value"), json());
  EXPECT_EQ(written("RandomContrast", {{"factor", 0.5}}, "factor"),
            (json{0, 0.5}));
  EXPECT_EQ(written("RandomShear", {{"x_factor", {-0.5, 0.5}}}, "x_factor"),
            0.5);
  EXPECT_EQ(written("RandomPosterization", {{"factor", 4}}, "factor"),
            (json{1, 4}));
  EXPECT_EQ(written("RandomSharpness", {{"factor", 0.5}}, "factor"),
            (json{0, 0.5}));
}

TEST(AugmentationLayer, NamesWhatOnlyKerasOrOnlyLatheDoes) {
  const std::vector<std::tuple<std::string, json, std::string>> keras{
      {"RandomShear", {{"x_factor", {0.1, 0.3}}}, "x_factor is [0.1,0.3]"},
      {"RandomHue", {{"factor", {0.1, 0.3}}}, "factor is [0.1,0.3]"},
      {"RandomGaussianBlur", {{"sigma", {0.1, 0.3}}}, "sigma is [0.1,0.3]"},
      {"RandomGaussianBlur", {{"kernel_size", {3, 5}}}, "kernel_size is [3,5]"},
      {"Solarization",
       {{"addition_factor", {0, 0.5}}},
       "addition_factor is [0,0.5]"},
      {"Solarization",
       {{"threshold_factor", {0.5, 0.5}}},
       "threshold_factor is [0.5,0.5]"},
      {"RandomErasing", {{"fill_value", {1, 2, 3}}}, "fill_value is [1,2,3]"},
      {"RandomColorJitter",
       {{"saturation_factor", 0.5}},
       "saturation_factor is 0.5"},
      {"RandomColorDegeneration", {{"factor", {-0.5, 0.5}}}, "-0.5 to 0.5"},
      {"RandomInvert", {{"value_range", {-1, 1}}}, "takes black as 0"},
      {"RandomSaturation", {{"factor", 0.5}}, "RandomSaturation"}};
  for (const auto& [class_name, config, words] : keras) {
    json named = config;
    named["name"] = "drawn";
    EXPECT_THAT(error_of([&] { from(class_name, named); }),
                ::testing::AllOf(HasSubstr(class_name), HasSubstr(words)));
  }
  const std::vector<std::pair<Augmentation, std::string>> ours{
      {RandomShear{.x_factor = {0.1, 0.3}}, "x_factor is 0.1:0.3"},
      {RandomHue{.factor = {0, 0.3}}, "factor is 0:0.3"},
      {RandomColorJitter{.saturation = 0.1}, "saturation is 0.1"},
      {RandomColorJitter{.hue = 0.1, .random_order = true}, "random_order is"},
      {RandomGaussianBlur{.fill_mode = FillMode::constant}, "sigma is 0.1:2"},
      {RandomSharpness{}, "fill_mode is mirror"},
      {RandomPosterization{.p = 0.5F}, "p is 0.5"},
      {RandomPosterization{.bits = {2.5, 4}}, "bits is 2.5:4"},
      {RandomSolarization{}, "threshold is 0.5"},
      {RandomErasing{.masks = true}, "masks is true"},
      {RandomSaturation{}, "is no Keras layer"}};
  for (const auto& [operation, words] : ours) {
    EXPECT_THAT(error_of([&] { layer(operation); }), HasSubstr(words));
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
      HasSubstr("factor is -0.5:0.2, which the Keras layer can't say: it is "
                "told how far down"));
  EXPECT_THAT(error_of([] {
                from("RandomRotation", {{"name", "r"}, {"factor", 1.5}});
              }),
              HasSubstr("RandomRotation 'r': rotation: factor is -1 to 1.5"));
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
