#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/graph/gradient.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "models/model.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/run_graph.h"

namespace lathe::layers {
namespace {

using graph::ValueId;
using nlohmann::json;
using testing::GoldenFile;

// Sums here have at most a few hundred terms of size 1, added in another order
// than Keras adds them: the error is some roundings of float32 (6e-8) of the
// largest value. 1e-5 leaves room for what divides by small deviations.
constexpr double kTolerance = 1e-5;

const GoldenFile& golden() {
  static const GoldenFile file("layers.h5");
  return file;
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void expect_near_keras(const Tensor& actual, const Tensor& expected) {
  testing::expect_close(actual, expected, kTolerance, kTolerance);
}

// One layer of Keras' with what it computed, and ours made from its config.
class KerasLayerTest : public ::testing::TestWithParam<std::string> {
 protected:
  KerasLayerTest()
      : object_(json::parse(text("config"))),
        layer_(layer_from_config(object_)) {
    std::vector<Symbol> symbols;
    while (golden().has(path("input", symbols.size()))) {
      inputs_.push_back(golden().read(path("input", symbols.size())));
      const Shape& shape = inputs_.back().shape();
      symbols.push_back(Input({.shape = Shape({shape.begin() + 1, shape.end()}),
                               .name = concat("input_", symbols.size())}));
    }
    const Symbol output = layer_(symbols);
    model_ = std::make_unique<models::Model>(
        models::ModelOptions{.inputs = symbols, .outputs = {output}});
    const std::vector<Weight>& weights = layer_.definition().weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i].tensor.copy_from(golden().read(path("weight", i)));
    }
  }

  std::string path(const std::string& what) const {
    return GetParam() + '/' + what;
  }
  std::string path(const std::string& what, std::size_t i) const {
    return concat(GetParam(), '/', what, '_', i);
  }
  std::string text(const std::string& what) const {
    const Tensor bytes = golden().read(path(what));
    const auto values = bytes.values<std::uint8_t>();
    return {values.begin(), values.end()};
  }
  bool training() const { return ends_with(GetParam(), "_training"); }

  json object_;
  Layer layer_;
  std::vector<Tensor> inputs_;
  std::unique_ptr<models::Model> model_;
};

TEST_P(KerasLayerTest, HasTheSameConfig) {
  EXPECT_EQ(layer_.definition().class_name(), object_["class_name"]);
  EXPECT_EQ(layer_.definition().config(), object_["config"]);
}

TEST_P(KerasLayerTest, HasTheSameShapesAndWeights) {
  Shape expected = golden().read(path("output")).shape();
  expected[0] = -1;
  EXPECT_EQ(model_->output_shape(), expected);
  EXPECT_FALSE(
      golden().has(path("weight", layer_.definition().weights().size())));
}

TEST_P(KerasLayerTest, ComputesTheSame) {
  models::LoweredModel lowered =
      model_->lower({.batch = inputs_[0].shape()[0], .training = training()});
  std::map<ValueId, Tensor> given(lowered.bindings.begin(),
                                  lowered.bindings.end());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    given[lowered.inputs[i]] = inputs_[i];
  }
  if (lowered.statistics_count != graph::kNoValue) {
    given[lowered.statistics_count] = Tensor({1}, DType::int64);
  }
  graph::Graph& graph = lowered.graph;
  const Tensor expected = golden().read(path("output"));
  const Tensor upstream(expected.shape());
  for (std::int64_t i = 0; i < upstream.elements(); ++i) {
    upstream.data<float>()[i] = std::cos(static_cast<float>(i));
  }
  const ValueId factor = graph.add_input("upstream", upstream.spec());
  given[factor] = upstream;
  const ValueId loss = graph.apply(
      graph::ReduceSum{.target = {1}},
      {graph.apply(graph::Multiply{}, {lowered.outputs[0], factor})});
  std::vector<ValueId> wanted = lowered.inputs;
  wanted.insert(wanted.end(), lowered.trainable.begin(),
                lowered.trainable.end());
  const std::vector<ValueId> gradients =
      graph::differentiate(graph, loss, wanted);
  const auto values = testing::run_graph(graph, Device::reference, given);

  expect_near_keras(values.at(lowered.outputs[0]), expected);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    SCOPED_TRACE(graph.value(wanted[i]).name);
    const bool is_input = i < inputs_.size();
    expect_near_keras(
        values.at(gradients[i]),
        golden().read(is_input ? path("input_gradient", i)
                               : path("weight_gradient", i - inputs_.size())));
  }
  const std::vector<Weight>& weights = layer_.definition().weights();
  for (const auto& [id, tensor] : lowered.bindings) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (tensor.raw() != weights[i].tensor.raw() || !training()) continue;
      SCOPED_TRACE(weights[i].name);
      expect_near_keras(values.at(id), golden().read(path("weight_after", i)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, KerasLayerTest,
                         ::testing::ValuesIn(golden().names()),
                         [](const auto& parameter) { return parameter.param; });

// Every class that the registry has is among the goldens but InputLayer, which
// the models' tests read.
TEST(KerasLayers, AreAllCovered) {
  std::set<std::string> covered = {"InputLayer"};
  for (const std::string& name : golden().names()) {
    const Tensor bytes = golden().read(name + "/config");
    const auto values = bytes.values<std::uint8_t>();
    covered.insert(json::parse(values.begin(), values.end())["class_name"]);
  }
  const std::vector<std::string> known = layer_class_names();
  EXPECT_EQ(covered, std::set<std::string>(known.begin(), known.end()));
}

}  // namespace
}  // namespace lathe::layers
