#include "models/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/passes/passes.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/input.h"
#include "models/unet.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/device.h"
#include "tests/support/passes.h"
#include "tests/support/run_graph.h"

namespace lathe::models {
namespace {

using namespace layers;
using nlohmann::json;
using ::testing::ElementsAre;
using testing::GoldenFile;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const GoldenFile& golden() {
  static const GoldenFile file("models.h5");
  return file;
}

std::string layer_names(const Model& model) {
  std::string names;
  for (const auto& layer : model.layers()) {
    names += (names.empty() ? "" : "\n") + layer->name();
  }
  return names;
}

// What Keras writes and need not read: shapes that layers without weights were
// built with, arguments of calls that have their default, and that a model
// isn't compiled.
json essential(json object) {
  const std::string name = object["class_name"];
  const bool has_weights = name.find("Conv") != std::string::npos ||
                           name == "Dense" || name == "BatchNormalization" ||
                           name == "Normalization" || name == "Functional" ||
                           name == "Sequential";
  if (!has_weights) object.erase("build_config");
  object.erase("compile_config");
  if (object.contains("inbound_nodes")) {
    for (json& node : object["inbound_nodes"]) {
      json& keywords = node["kwargs"];
      keywords.erase("mask");
      if (keywords.contains("training") && keywords["training"].is_null()) {
        keywords.erase("training");
      }
      if (keywords.contains("inputs")) {
        node["args"].push_back(keywords["inputs"]);
        keywords.erase("inputs");
      }
    }
  }
  if (object["config"].contains("layers")) {
    for (json& layer : object["config"]["layers"]) layer = essential(layer);
  }
  return object;
}

class KerasModelTest : public ::testing::TestWithParam<std::string> {
 protected:
  KerasModelTest()
      : object_(json::parse(golden().text(GetParam() + "/config"))),
        model_(Model::from_config(object_)) {}

  json object_;
  Model model_;
};

TEST_P(KerasModelTest, HasTheSameConfig) {
  EXPECT_EQ(essential(model_.serialized()), essential(object_));
}

TEST_P(KerasModelTest, HasTheSameLayersInOrder) {
  std::string expected = golden().text(GetParam() + "/layers");
  // A Sequential model of Keras' leaves its input layer out of its list.
  if (object_["class_name"] == "Sequential") {
    expected = "input_layer\n" + expected;
  }
  EXPECT_EQ(layer_names(model_), expected);
}

TEST_P(KerasModelTest, ComputesTheSame) {
  if (!golden().has(GetParam() + "/output_0")) return;
  const std::vector<Weight> weights = model_.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    SCOPED_TRACE(weights[i].name);
    weights[i].tensor.copy_from(
        golden().read(concat(GetParam(), "/weight_", i)));
  }
  const LoweredModel lowered = model_.lower({.batch = 2});
  std::map<graph::ValueId, Tensor> given(lowered.bindings.begin(),
                                         lowered.bindings.end());
  for (std::size_t i = 0; i < lowered.inputs.size(); ++i) {
    given[lowered.inputs[i]] = golden().read(concat(GetParam(), "/input_", i));
  }
  const auto values =
      testing::run_graph(lowered.graph, Device::reference, given);
  for (std::size_t i = 0; i < lowered.outputs.size(); ++i) {
    // Sums of at most a hundred terms near 1 in another order: 1e-5 is some
    // roundings of float32.
    testing::expect_close(values.at(lowered.outputs[i]),
                          golden().read(concat(GetParam(), "/output_", i)),
                          1e-5, 1e-5);
  }
  for (const auto& disabled : testing::choices_of_passes()) {
    SCOPED_TRACE(testing::name_of_choice(disabled));
    graph::Graph graph = lowered.graph;
    for (std::size_t i = 0; i < lowered.outputs.size(); ++i) {
      graph.mark_output(concat(i), lowered.outputs[i]);
    }
    graph::run_passes(graph, graph::forward_passes(), disabled);
    Executable executable(
        graph, lowered.bindings,
        {.device = testing::device(), .disabled_passes = disabled});
    for (const graph::ValueId id : lowered.inputs) {
      executable.input(graph.value(id).name).copy_from(given.at(id));
    }
    executable.run();
    for (std::size_t i = 0; i < lowered.outputs.size(); ++i) {
      testing::expect_close(executable.output(concat(i)),
                            golden().read(concat(GetParam(), "/output_", i)),
                            1e-5, 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, KerasModelTest,
                         ::testing::Values("unet", "shared", "sequential",
                                           "efficientnetb0", "nested"),
                         [](const auto& parameter) { return parameter.param; });

TEST(Model, ConfigReadsInAnyOrder) {
  json config = json::parse(golden().text("shared/config"))["config"];
  const json before = Model::from_config(config).config();
  std::reverse(config["layers"].begin(), config["layers"].end());
  EXPECT_EQ(Model::from_config(config).config(), before);
}

TEST(Model, NumbersLayersPerModelInTheOrderOfTheirMaking) {
  for (int i = 0; i < 2; ++i) {
    const Symbol input = Input({.shape = {4}});
    const Dense second({.units = 4, .name = "dense_1"});
    const Dense third({.units = 4});
    const Dense first({.units = 4});
    const Model model(input, third(second(first(input))));
    EXPECT_EQ(layer_names(model), "input_layer\ndense_2\ndense_1\ndense");
  }
}

TEST(Model, InitializesOnceAndBySeed) {
  const auto make = [] {
    const Symbol input = Input({.shape = {4}});
    return Model(input, Dense({.units = 3})(input));
  };
  const Model first = make();
  const Model second = make();
  const auto kernel = [](const Model& model) {
    const auto values = model.weights()[0].tensor.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_NE(kernel(first)[0], 0);
  EXPECT_EQ(kernel(first), kernel(second));
  Model(first).initialize(1);
  EXPECT_NE(kernel(first), kernel(second));
  // A model around the same layers leaves their weights as they are.
  const std::vector<float> before = kernel(first);
  const Model around(first.inputs()[0],
                     Activation(ActivationFunction::relu)(first.outputs()[0]));
  EXPECT_EQ(kernel(first), before);
  Model(second).copy_weights_from(first);
  EXPECT_EQ(kernel(second), before);
}

TEST(Model, CountsAndFreezes) {
  const Symbol input = Input({.shape = {4, 4, 3}});
  Symbol x = Conv2D({.filters = 2, .kernel_size = 3})(input);
  x = BatchNormalization()(x);
  const Model model(input, x);
  EXPECT_EQ(model.count_params(), 56 + 8);
  EXPECT_EQ(model.count_trainable_params(), 56 + 4);
  model.layer("batch_normalization").set_trainable(false);
  EXPECT_EQ(model.count_trainable_params(), 56);
  EXPECT_EQ(model.trainable_weights().size(), 2U);
  const LoweredModel lowered = model.lower({.batch = 1, .training = true});
  EXPECT_EQ(lowered.trainable.size(), 2U);
  // Frozen, it normalises with the moving statistics.
  EXPECT_EQ(lowered.statistics_count, graph::kNoValue);
  EXPECT_THAT([&] { model.layer("dense"); },
              ThrowsMessage<Error>(
                  HasSubstr("has no layer 'dense'; it has input_layer, conv2d, "
                            "batch_normalization")));
}

TEST(Model, LowersForTraining) {
  const Symbol input = Input({.shape = {4, 4, 3}});
  Symbol x = BatchNormalization({.name = "norm"})(input);
  x = Dropout({.rate = 0.5})(x);
  x = Dropout({.rate = 0.5})(x);
  const Model model(input, x);
  const LoweredModel inference = model.lower({.batch = 2});
  EXPECT_EQ(inference.graph.nodes().size(), 1U);
  EXPECT_EQ(inference.draw, graph::kNoValue);
  const LoweredModel training =
      model.lower({.batch = 2, .training = true, .statistics_warm_up = 9});
  EXPECT_EQ(training.graph.shape(training.draw), Shape{4});
  EXPECT_NE(training.statistics_count, graph::kNoValue);
  std::vector<std::uint32_t> operations;
  bool counts_up = false;
  for (const graph::Node& node : training.graph.nodes()) {
    if (const auto* drop = std::get_if<graph::Dropout>(&node.operation)) {
      operations.push_back(drop->operation);
    }
    if (const auto* move =
            std::get_if<graph::MovingStatistics>(&node.operation)) {
      EXPECT_EQ(move->warm_up, 9);
    }
    counts_up =
        counts_up || std::holds_alternative<graph::Increment>(node.operation);
  }
  EXPECT_TRUE(counts_up);
  ASSERT_EQ(operations.size(), 2U);
  EXPECT_NE(operations[0], operations[1]);
  EXPECT_EQ(training.graph.value(training.trainable[0]).name, "norm/gamma");
}

TEST(Model, Refuses) {
  const Symbol input = Input({.shape = {4}});
  const Symbol other = Input({.shape = {4}, .name = "other"});
  EXPECT_THAT([&] { Model(input, Dense({.units = 1})(other)); },
              ThrowsMessage<Error>(HasSubstr(
                  "depends on 'other', which is not among the inputs")));
  EXPECT_THAT(
      [&] {
        Model(input, Dense({.units = 1, .name = "same"})(
                         Dense({.units = 1, .name = "same"})(input)));
      },
      ThrowsMessage<Error>(HasSubstr("two layers are named 'same'")));
  EXPECT_THAT([&] { Model({.inputs = {input}}); },
              ThrowsMessage<Error>(HasSubstr("1 inputs and 0 outputs")));
  const Symbol x = Dense({.units = 1})(input);
  EXPECT_THAT([&] { Model(x, x); },
              ThrowsMessage<Error>(HasSubstr("not a result of Input()")));
}

TEST(Model, RefusesConfigs) {
  const auto expect = [](const json& config, const char* text) {
    EXPECT_THAT([&] { Model::from_config(config); },
                ThrowsMessage<Error>(HasSubstr(text)));
  };
  const Symbol input = Input({.shape = {4}});
  const json good =
      Model(input, Dense({.units = 1})(Dropout()(input))).config();
  json config = good;
  config.erase("input_layers");
  expect(config, "the model has no 'input_layers'");
  config = good;
  config["layers"][2]["class_name"] = "Mystery";
  expect(config, "layer 'dense' is a keras.layers.Mystery");
  config = good;
  config["layers"].erase(1);
  expect(config, "there is no layer 'dropout'");
  config = good;
  config["layers"][1]["inbound_nodes"][0]["kwargs"] = {{"training", true}};
  expect(config, "layer 'dropout' is called with training=True");
  config = good;
  config["output_layers"] = {"dense", 3, 0};
  expect(config, "nothing computes");
  config = good;
  config["layers"][1]["inbound_nodes"] = config["layers"][2]["inbound_nodes"];
  expect(config, "are never computed");
  expect({{"class_name", "Siamese"}, {"config", good}},
         "the model is a Siamese");
  expect(json::array(), "the model has no 'layers'");
}

TEST(Model, SummaryOfASequence) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  Symbol x = Conv2D({.filters = 2, .kernel_size = 3})(input);
  x = Dense({.units = 1000})(Flatten()(x));
  EXPECT_EQ(Model(input, x, "small").summary(), R"(Model: "small"
┏━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type) ┃ Output Shape    ┃ Param # ┃
┡━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ input_layer  │ (None, 8, 8, 3) │       0 │
│ (InputLayer) │                 │         │
├──────────────┼─────────────────┼─────────┤
│ conv2d       │ (None, 6, 6, 2) │      56 │
│ (Conv2D)     │                 │         │
├──────────────┼─────────────────┼─────────┤
│ flatten      │ (None, 72)      │       0 │
│ (Flatten)    │                 │         │
├──────────────┼─────────────────┼─────────┤
│ dense        │ (None, 1000)    │  73,000 │
│ (Dense)      │                 │         │
└──────────────┴─────────────────┴─────────┘
 Total params: 73,056 (285.38 KB)
 Trainable params: 73,056 (285.38 KB)
 Non-trainable params: 0 (0.00 B)
)");
}

TEST(Model, SummaryOfABranch) {
  const Symbol input = Input({.shape = {4, 4, 2}});
  const Symbol x = BatchNormalization()(input);
  EXPECT_EQ(Model(input, Add()({x, input})).summary(), R"(Model: "functional"
┏━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)         ┃ Output Shape    ┃ Param # ┃ Connected to               ┃
┡━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ input_layer          │ (None, 4, 4, 2) │       0 │ -                          │
│ (InputLayer)         │                 │         │                            │
├──────────────────────┼─────────────────┼─────────┼────────────────────────────┤
│ batch_normalization  │ (None, 4, 4, 2) │       8 │ input_layer[0][0]          │
│ (BatchNormalization) │                 │         │                            │
├──────────────────────┼─────────────────┼─────────┼────────────────────────────┤
│ add (Add)            │ (None, 4, 4, 2) │       0 │ batch_normalization[0][0], │
│                      │                 │         │ input_layer[0][0]          │
└──────────────────────┴─────────────────┴─────────┴────────────────────────────┘
 Total params: 8 (32.00 B)
 Trainable params: 4 (16.00 B)
 Non-trainable params: 4 (16.00 B)
)");
}

TEST(Unet, IsTheOneOfKeras) {
  const Model model = unet();
  EXPECT_EQ(model.count_params(), 2058401);
  EXPECT_EQ(model.count_trainable_params(), 2054625);
  EXPECT_EQ(model.input_shape(), (Shape{-1, 224, 224, 3}));
  EXPECT_EQ(model.output_shape(), (Shape{-1, 224, 224, 1}));
  EXPECT_EQ(layer_names(model), golden().text("unet/layers"));
  EXPECT_EQ(essential(model.serialized()),
            essential(json::parse(golden().text("unet/config"))));
}

TEST(Unet, Options) {
  const Model model = unet({.size = {32, 48}, .channels = 1, .classes = 4});
  EXPECT_EQ(model.output_shape(), (Shape{-1, 32, 48, 4}));
  EXPECT_EQ(model.layers().back()->config()["activation"], "softmax");
  const Model logits = unet({.size = {16, 16},
                             .filters = {8},
                             .activation = ActivationFunction::linear});
  EXPECT_EQ(logits.layers().back()->config()["activation"], "linear");
  EXPECT_THAT(
      [] {
        unet({.size = {224, 216}});
      },
      ThrowsMessage<Error>(
          HasSubstr("224 x 216; height and width must be multiples of 16")));
  EXPECT_THAT([] { unet({.classes = 0}); },
              ThrowsMessage<Error>(HasSubstr("0 classes")));
}

}  // namespace
}  // namespace lathe::models
