#include "core/graph/passes/passes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/operations/sample_weights.h"
#include "tests/core/pass_networks.h"
#include "tests/support/compare.h"

namespace lathe::graph {
namespace {

using testing::expect_close;

std::map<std::string, Tensor> results(PassNetwork network,
                                      const std::vector<std::string>& disabled,
                                      std::size_t& nodes) {
  run_passes(network.graph, forward_passes(), disabled);
  if (network.loss == kNoValue) network.weights.clear();
  std::vector<ValueId> gradients;
  if (network.loss != kNoValue) {
    gradients = differentiate(network.graph, network.loss, network.weights);
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    network.graph.mark_output(concat("gradient ", i), gradients[i]);
  }
  Executable::Bindings bindings;
  for (std::size_t v = 0; v < network.graph.values().size(); ++v) {
    const auto id = static_cast<ValueId>(v);
    const Role role = network.graph.value(id).role;
    if (role == Role::weight || role == Role::state) {
      bindings[id] = network.given.at(id);
    }
  }
  Executable executable(
      network.graph, bindings,
      {.device = Device::reference, .disabled_passes = disabled});
  for (const auto& [id, tensor] : network.given) {
    if (network.graph.value(id).role == Role::input) {
      executable.input(network.graph.value(id).name).copy_from(tensor);
    }
  }
  executable.run();
  nodes = executable.graph().nodes().size();
  std::map<std::string, Tensor> outputs;
  for (const auto& [name, id] : executable.graph().outputs()) {
    outputs[name] = executable.output(name).clone();
  }
  return outputs;
}

std::vector<std::string> all_passes() {
  std::vector<std::string> names;
  for (const auto& list : {forward_passes(), final_passes()}) {
    for (const Pass& pass : list) names.emplace_back(pass.name);
  }
  return names;
}

// Every pass is exact but for rounding, and in double a dozen layers lose few
// of 16 digits.
constexpr double kRelative = 1e-9;
constexpr double kAbsolute = 1e-11;

void check_every_choice_of_passes(PassNetwork (*make)()) {
  std::size_t plain_nodes = 0;
  const auto plain = results(make(), all_passes(), plain_nodes);
  std::vector<std::vector<std::string>> cases{{}};
  for (const std::string& kept : all_passes()) {
    std::vector<std::string> disabled = all_passes();
    std::erase(disabled, kept);
    cases.push_back(disabled);
    cases.push_back({kept});
  }
  for (const auto& disabled : cases) {
    std::string names;
    for (const std::string& name : disabled) names += " " + name;
    SCOPED_TRACE("without" + names);
    std::size_t nodes = 0;
    const auto rewritten = results(make(), disabled, nodes);
    ASSERT_EQ(rewritten.size(), plain.size());
    for (const auto& [name, tensor] : plain) {
      SCOPED_TRACE(name);
      expect_close(rewritten.at(name), tensor, kRelative, kAbsolute);
    }
  }
}

TEST(Passes, EachAloneAndAllTogetherComputeWhatThePlainGraphDoes) {
  check_every_choice_of_passes(make_network);
}

TEST(Passes, ComputeWhatAnInvertedResidualDoes) {
  check_every_choice_of_passes(make_inverted_residual);
}

TEST(Passes, ComputeWhatThePlainGraphPredicts) {
  check_every_choice_of_passes(make_predicting_network);
}

// The weights may change between two runs.
TEST(Passes, FollowTheWeights) {
  PassNetwork network = make_predicting_network();
  Executable::Bindings bindings;
  for (const auto& [id, tensor] : network.given) {
    if (network.graph.value(id).role != Role::input) bindings[id] = tensor;
  }
  const auto run = [&](const std::vector<std::string>& disabled) {
    Executable executable(
        network.graph, bindings,
        {.device = Device::reference, .disabled_passes = disabled});
    std::vector<Tensor> seen;
    for (const double shift : {0.0, 0.25}) {
      for (const auto& [id, tensor] : network.given) {
        if (network.graph.value(id).role == Role::input) {
          executable.input("x").copy_from(tensor);
        } else {
          for (double& value : tensor.values<double>()) value += shift;
        }
      }
      executable.run();
      seen.push_back(executable.output("y").clone());
    }
    for (const auto& [id, tensor] : network.given) {
      if (network.graph.value(id).role == Role::input) continue;
      for (double& value : tensor.values<double>()) value -= 0.25;
    }
    return seen;
  };
  const auto plain = run(all_passes());
  const auto rewritten = run({});
  expect_close(rewritten[0], plain[0], kRelative, kAbsolute);
  expect_close(rewritten[1], plain[1], kRelative, kAbsolute);
}

std::size_t count(const Graph& graph, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      graph.nodes().begin(), graph.nodes().end(),
      [&](const Node& node) { return name_of(node.operation) == name; }));
}

TEST(Passes, EachDoesItsWork) {
  Graph graph = make_network().graph;
  EXPECT_EQ(count(graph, "convolution"), 8U);
  remove_dead_work(graph);
  EXPECT_EQ(count(graph, "convolution"), 7U);
  EXPECT_EQ(count(graph, "activation"), 6U);
  join_loss(graph);
  const auto& loss = graph.nodes().back();
  EXPECT_TRUE(std::get<BinaryCrossentropy>(loss.operation).options.from_logits);
  EXPECT_EQ(count(graph, "pad"), 2U);
  fold_padding(graph);
  EXPECT_EQ(count(graph, "pad"), 0U);
  EXPECT_EQ(count(graph, "upsampling"), 2U);
  fold_upsampling(graph);
  EXPECT_EQ(count(graph, "upsampling"), 2U);  // before and after the rectifier
  merge_upsampling(graph, Device::cpu);
  EXPECT_EQ(count(graph, "upsampling"), 1U);
  fuse_normalization(graph);
  EXPECT_EQ(count(graph, "add"), 0U);
  // One at low size, and the two sigmoids.
  EXPECT_EQ(count(graph, "activation"), 3U);
}

// Of all weights.
void mark_gradients(PassNetwork& network) {
  for (const ValueId gradient :
       differentiate(network.graph, network.loss, network.weights)) {
    network.graph.mark_output("gradient", gradient);
  }
}

TEST(Passes, LeaveOutSumsThatAreZero) {
  PassNetwork network = make_network();
  Graph& graph = network.graph;
  mark_gradients(network);
  remove_dead_work(graph);
  const std::size_t before = count(graph, "reduce_sum");
  remove_zero_sums(graph);
  // Five of the eight convolutions with a bias come before a normalisation.
  EXPECT_EQ(count(graph, "reduce_sum"), before - 5);
}

TEST(Passes, JoinNormalizationsWithConvolutionsOnTheWayBack) {
  PassNetwork network = make_inverted_residual();
  Graph& graph = network.graph;
  run_passes(graph, forward_passes(), {});
  mark_gradients(network);
  Graph other = graph;
  run_passes(graph, final_passes(), {});
  // The convolution that expands; not the depthwise one, and not that which
  // projects.
  EXPECT_EQ(count(graph, "normalized_convolution_gradient"), 1U);
  EXPECT_EQ(count(graph, "batch_normalization_gradient"), 2U);
  run_passes(other, final_passes({}, Device::cuda), {});
  EXPECT_EQ(count(other, "normalized_convolution_gradient"), 0U);
}

TEST(Passes, LeaveOnlyConvolutionsToPredictWith) {
  Graph graph = make_predicting_network().graph;
  run_passes(graph, forward_passes(), {});
  run_passes(graph, final_passes(), {});
  EXPECT_EQ(count(graph, "activation"), 0U);
  EXPECT_EQ(count(graph, "add"), 0U);
  EXPECT_EQ(count(graph, "upsampling"), 0U);
  // That whose input the caller sees.
  EXPECT_EQ(count(graph, "fixed_normalization"), 1U);
  EXPECT_EQ(count(graph, "normalized_weights"), 5U);
  // The gate scales the weights, not the image.
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Multiply>(node.operation)) {
      EXPECT_TRUE(has_own_weights(graph.shape(node.outputs[0])));
    }
  }
}

TEST(Passes, AddAMeansGradientInPassing) {
  PassNetwork network = make_network();
  Graph& graph = network.graph;
  const auto gradients =
      differentiate(graph, network.loss, {network.weights[0]});
  graph.mark_output("gradient", gradients[0]);
  remove_dead_work(graph);
  const std::size_t sums = count(graph, "add");
  EXPECT_EQ(count(graph, "average_pooling_gradient"), 1U);
  fold_mean_gradient(graph);
  EXPECT_EQ(count(graph, "average_pooling_gradient"), 0U);
  EXPECT_EQ(count(graph, "add"), sums - 1);
}

std::size_t count_scaled_images(const Graph& graph) {
  return static_cast<std::size_t>(std::count_if(
      graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) {
        return std::holds_alternative<Multiply>(node.operation) &&
               graph.shape(node.outputs[0]).rank() == 4 &&
               graph.shape(node.outputs[0])[1] > 1;
      }));
}

// Neither x g nor the two products of its gradient.
TEST(Passes, ScaleWeightsByAGate) {
  PassNetwork network = make_inverted_residual();
  Graph& graph = network.graph;
  run_passes(graph, forward_passes(), {});
  mark_gradients(network);
  Graph other = graph;
  EXPECT_EQ(count_scaled_images(graph), 2U);
  run_passes(graph, final_passes(), {});
  EXPECT_EQ(count_scaled_images(graph), 0U);
  run_passes(other, final_passes({}, Device::cuda), {});
  EXPECT_EQ(count_scaled_images(other), 2U);
}

// Where the caller or something else reads the scaled image it stays.
TEST(Passes, LeaveScaledImagesThatAreRead) {
  for (const bool marked : {true, false}) {
    PassNetworkBuilder b(DType::float64);
    Graph& graph = b.network.graph;
    const ValueId x = graph.add_input("x", {{2, 8, 8, 6}, DType::float64});
    const ValueId scaled = b.gated(x);
    graph.mark_output("y", b.pointwise(scaled, 3));
    graph.mark_output(
        "other", marked ? scaled : b.activation(scaled, ActivationKind::relu));
    fold_gate(graph);
    EXPECT_EQ(count_scaled_images(graph), 1U);
  }
  // As where there are too few pixels beside filters.
  PassNetworkBuilder b(DType::float64);
  Graph& graph = b.network.graph;
  const ValueId x = graph.add_input("x", {{2, 3, 3, 6}, DType::float64});
  graph.mark_output("y", b.pointwise(b.gated(x), 3));
  fold_gate(graph);
  EXPECT_EQ(count_scaled_images(graph), 1U);
}

TEST(Passes, RefuseAnUnknownName) {
  Graph graph = make_network().graph;
  EXPECT_THROW(run_passes(graph, forward_passes(), {"no_such_pass"}), Error);
}

}  // namespace
}  // namespace lathe::graph
