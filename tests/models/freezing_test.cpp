#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/global_average_pooling2d.h"
#include "layers/input.h"
#include "models/model.h"
#include "models/unet.h"

namespace lathe::models {
namespace {

using namespace layers;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Symbol features(const Symbol& input) {
  Symbol x = Conv2D({.filters = 4, .kernel_size = 3, .name = "stem"})(input);
  x = BatchNormalization({.name = "stem_bn"})(x);
  x = Conv2D({.filters = 6, .kernel_size = 1, .name = "neck"})(x);
  return BatchNormalization({.name = "neck_bn"})(x);
}

Symbol head(const Symbol& x) {
  return Dense({.units = 3, .name = "head"})(GlobalAveragePooling2D()(x));
}

Model flat() {
  const Symbol input = Input({.shape = {8, 8, 3}});
  return Model(input, head(features(input)));
}

Model nested() {
  const Symbol inner = Input({.shape = {8, 8, 3}});
  const Symbol input = Input({.shape = {8, 8, 3}});
  return Model(input, head(Model(inner, features(inner), "backbone")(input)));
}

std::string trained(const Model& model) {
  std::string names;
  for (const auto& layer : model.flat_layers()) {
    if (layer->trainable() && !layer->weights().empty()) {
      names += (names.empty() ? "" : " ") + layer->name();
    }
  }
  return names;
}

// The nodes that a step's backward pass adds.
std::size_t backward_nodes(const Model& model) {
  LoweredModel lowered = model.lower({.batch = 2, .training = true});
  graph::Graph& graph = lowered.graph;
  const graph::ValueId loss =
      graph.apply(graph::ReduceSum{.target = {1}}, {lowered.outputs[0]});
  const std::size_t before = graph.nodes().size();
  graph::differentiate(graph, loss, lowered.trainable);
  return graph.nodes().size() - before;
}

// The same of the head alone, after features that come from outside.
std::size_t backward_nodes_of_head() {
  const Symbol input = Input({.shape = {6, 6, 6}});
  return backward_nodes(Model(input, head(input)));
}

TEST(Freezing, BackboneCostsNoBackwardWork) {
  for (Model model : {flat(), nested()}) {
    SCOPED_TRACE(model.layers()[1]->name());
    const std::size_t all = backward_nodes(model);
    model.freeze_backbone();
    EXPECT_EQ(trained(model), "head");
    EXPECT_EQ(model.count_trainable_params(), 6 * 3 + 3);
    EXPECT_EQ(model.count_params(), 4 * 28 + 16 + 6 * 5 + 24 + 21);
    EXPECT_EQ(backward_nodes(model), backward_nodes_of_head());
    EXPECT_GT(all, backward_nodes(model));
    const LoweredModel lowered = model.lower({.batch = 2, .training = true});
    EXPECT_EQ(lowered.statistics_count, graph::kNoValue);
    for (const graph::Node& node : lowered.graph.nodes()) {
      EXPECT_FALSE(
          std::holds_alternative<graph::MovingStatistics>(node.operation));
    }
    model.set_trainable(true);
    EXPECT_EQ(backward_nodes(model), all);
  }
}

TEST(Freezing, StopsBelowTheFirstTrainedLayer) {
  for (Model model : {flat(), nested()}) {
    std::size_t before = backward_nodes(model);
    // The input, then the layers one by one.
    const std::vector<std::string> left = {
        "stem stem_bn neck neck_bn head", "stem_bn neck neck_bn head",
        "neck neck_bn head", "neck_bn head", "head"};
    const bool is_nested = model.layers().size() != model.flat_layers().size();
    const std::int64_t inputs = is_nested ? 2 : 1;
    for (std::size_t i = 0; i < left.size(); ++i) {
      model.freeze_first(inputs + static_cast<std::int64_t>(i));
      EXPECT_EQ(trained(model), left[i]);
      const std::size_t nodes = backward_nodes(model);
      if (i > 0) {
        EXPECT_LT(nodes, before) << left[i];
      }
      before = nodes;
    }
    EXPECT_THAT([&] { model.freeze_first(99); },
                ThrowsMessage<Error>(HasSubstr("first 99")));
  }
}

TEST(Freezing, IsInTheConfig) {
  Model model = nested();
  model.freeze_backbone();
  const nlohmann::json config = model.config();
  EXPECT_EQ(config["trainable"], true);
  EXPECT_EQ(config["layers"][1]["config"]["trainable"], false);
  const Model again = Model::from_config(config);
  EXPECT_EQ(trained(again), "head");
  EXPECT_EQ(again.config(), config);
  // A layer thawed within a frozen model trains, as in Keras.
  model.flat_layers()[4]->set_trainable(true);
  const Model partly = Model::from_config(model.config());
  EXPECT_EQ(trained(partly), "neck head");
  EXPECT_EQ(partly.trainable_weights().size(), 4U);
  model.set_trainable(false);
  EXPECT_TRUE(Model::from_config(model.config()).trainable_weights().empty());
  EXPECT_EQ(model.count_trainable_params(), 0);
}

TEST(Freezing, RefusesAModelThatIsAllBackbone) {
  Model model = unet({.size = {16, 16}, .filters = {8}});
  EXPECT_THAT([&] { model.freeze_backbone(); },
              ThrowsMessage<Error>(HasSubstr("backbone can't be frozen")));
}

TEST(Freezing, CallsInInferenceKeepStatisticsAndTrainWeights) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  const Symbol inner = Input({.shape = {8, 8, 3}});
  const Model body(inner, Dropout()(features(inner)), "backbone");
  const Model model(input, head(body(input, {.training = false})));
  const LoweredModel lowered = model.lower({.batch = 2, .training = true});
  EXPECT_EQ(lowered.draw, graph::kNoValue);
  EXPECT_EQ(lowered.statistics_count, graph::kNoValue);
  EXPECT_EQ(lowered.trainable.size(), 10U);
  const nlohmann::json config = model.config();
  EXPECT_EQ(config["layers"][1]["inbound_nodes"][0]["kwargs"]["training"],
            false);
  EXPECT_EQ(Model::from_config(config).config(), config);
}

}  // namespace
}  // namespace lathe::models
