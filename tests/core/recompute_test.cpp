#include "core/compiler/recompute.h"

#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe {
namespace {

using graph::ActivationKind;
using graph::Graph;
using graph::ValueId;
using testing::random_tensor;

constexpr std::int64_t kChannels = 16;
const Shape kImage{2, 12, 12, kChannels};

// A graph with the memory of its weights and states, and what is asked of it.
struct Built {
  Graph graph;
  Executable::Bindings bindings;

  ValueId weight(const std::string& name, Shape shape, std::uint32_t seed) {
    const ValueId id = graph.add_weight(name, {shape});
    bindings[id] = random_tensor(shape, DType::float32, seed, 0.5, 1.5);
    return id;
  }
};

// The outputs of two runs, and what of the arena the values need: kernels may
// have any workspace.
struct Outcome {
  std::vector<Tensor> outputs;
  std::size_t bytes = 0;
};

Outcome run(const std::function<Built()>& build,
            const CompileOptions& options) {
  Built built = build();
  Executable executable(built.graph, built.bindings, options);
  executable.input("x").copy_from(random_tensor(kImage, DType::float32, 7));
  if (executable.has_input("draw")) {
    const auto draw = executable.input("draw").values<std::int64_t>();
    for (std::size_t i = 0; i < draw.size(); ++i) {
      draw[i] = static_cast<std::int64_t>(3 * i + 1);
    }
  }
  Outcome outcome{.bytes =
                      executable.arena_bytes() - executable.workspace_bytes()};
  for (int i = 0; i < 2; ++i) {
    executable.run();
    for (const auto& [name, id] : executable.graph().outputs()) {
      outcome.outputs.push_back(executable.output(name).clone());
    }
  }
  return outcome;
}

void expect_the_same(const Outcome& normal, const Outcome& low) {
  ASSERT_EQ(normal.outputs.size(), low.outputs.size());
  for (std::size_t i = 0; i < normal.outputs.size(); ++i) {
    testing::expect_identical(low.outputs[i], normal.outputs[i]);
  }
}

// Marks the sum of a value as output, and its gradients.
void mark_gradients(Graph& graph, ValueId value,
                    const std::vector<ValueId>& weights) {
  const ValueId loss = graph.apply(
      graph::ReduceSum{.target = {1}},
      {graph.apply(graph::Reshape{.shape = {graph.shape(value).elements()}},
                   {value})});
  graph.mark_output("loss", loss);
  const auto gradients = graph::differentiate(graph, loss, weights);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    graph.mark_output(concat("gradient ", i), gradients[i]);
  }
}

// Blocks of a 1x1 convolution and what can be computed again, the gradients of
// all weights.
Built blocks() {
  Built built;
  Graph& graph = built.graph;
  ValueId value = graph.add_input("x", {kImage});
  const ValueId draw = graph.add_input("draw", {{kImage[0] + 2}, DType::int64});
  std::vector<ValueId> weights;
  const auto weight = [&](Shape shape) {
    const auto seed = static_cast<std::uint32_t>(weights.size() + 1);
    weights.push_back(built.weight(concat("w", seed), std::move(shape), seed));
    return weights.back();
  };
  for (std::uint32_t block = 0; block < 4; ++block) {
    const ValueId before = value;
    value = graph.apply(graph::Convolution{.filters = kChannels},
                        {value, weight({1, 1, kChannels, kChannels})});
    const auto normalized = graph.add(
        graph::BatchNormalization{.activation = ActivationKind::swish},
        {value, weight({kChannels}), weight({kChannels})});
    value = graph.apply(graph::Convolution{.window = {.kernel = {3, 3},
                                                      .padding = {1, 1, 1, 1}},
                                           .groups = kChannels,
                                           .filters = kChannels},
                        {normalized[0], weight({3, 3, 1, kChannels})});
    value = graph.apply(graph::Dropout{.rate = 0.3, .operation = block},
                        {value, draw});
    value = graph.apply(graph::Activation{ActivationKind::tanh}, {value});
    value = graph.apply(graph::Add{}, {value, before});
  }
  mark_gradients(graph, value, weights);
  return built;
}

TEST(Recompute, GivesTheSameBitsInLessMemory) {
  const Outcome normal = run(blocks, {});
  const Outcome low = run(blocks, {.low_memory = true});
  expect_the_same(normal, low);
  EXPECT_LT(low.bytes, 0.7 * static_cast<double>(normal.bytes));
}

// The normalised x is read before and after the peak, and between the two its
// statistics may move.
Built with_moving_statistics(bool move) {
  Built built;
  Graph& graph = built.graph;
  const ValueId x = graph.add_input("x", {kImage});
  const Shape row{kChannels};
  const ValueId gamma = built.weight("gamma", row, 1);
  const ValueId mean = built.weight("mean", row, 2);
  const ValueId variance = built.weight("variance", row, 3);
  const ValueId target = built.weight("target", row, 4);
  const ValueId count = graph.add_state("count", {{1}, DType::int64});
  built.bindings[count] = Tensor({1}, DType::int64);
  const ValueId normalized = graph.apply(
      graph::FixedNormalization{.activation = ActivationKind::swish},
      {x, gamma, gamma, mean, variance});
  const ValueId shares = graph.apply(graph::Softmax{}, {normalized});
  const ValueId both =
      graph.apply(graph::Concatenate{.axis = 3}, {shares, shares});
  if (move) {
    graph.add(graph::MovingStatistics{.momentum = 0.5},
              {count, mean, target, variance, target});
  }
  const ValueId all = graph.apply(graph::Softmax{}, {both});
  const ValueId half = graph.apply(
      graph::Slice{.begin = {0, 0, 0, 0}, .extents = kImage}, {all});
  graph.mark_output("y", graph.apply(graph::Add{}, {half, normalized}));
  return built;
}

TEST(Recompute, LeavesWhatHasChangedSince) {
  for (const bool move : {false, true}) {
    const auto build = [&] { return with_moving_statistics(move); };
    const Outcome normal = run(build, {});
    const Outcome low = run(build, {.low_memory = true});
    SCOPED_TRACE(move ? "moving" : "fixed");
    expect_the_same(normal, low);
    EXPECT_EQ(low.bytes < normal.bytes, !move);
  }
}

// Images scaled by gates between convolutions of single pixels, the second of
// them small.
Built gated(bool again) {
  Built built;
  Graph& graph = built.graph;
  ValueId value = graph.add_input("x", {kImage});
  std::vector<ValueId> weights;
  for (std::uint32_t block = 0; block < 4; ++block) {
    if (block == 1) {
      value = graph.apply(graph::AveragePooling{.window = {.kernel = {12, 12}}},
                          {value});
    }
    const Shape image = graph.shape(value);
    const ValueId gate = graph.apply(
        graph::AveragePooling{.window = {.kernel = {image[1], image[2]}}},
        {graph.apply(graph::Activation{ActivationKind::sigmoid}, {value})});
    value = graph.apply(graph::Multiply{}, {value, gate});
    weights.push_back(built.weight(concat("w", block),
                                   {1, 1, kChannels, kChannels}, block + 1));
    value = graph.apply(graph::Convolution{.filters = kChannels},
                        {value, weights.back()});
    if (block == 1) {
      value = graph.apply(graph::UpSampling{.factor = {12, 12}}, {value});
    }
  }
  mark_gradients(graph, value, weights);
  if (again) recompute(graph, Recomputed::gated_images);
  return built;
}

TEST(Recompute, KeepsLargeImagesAloneAndNotWhatAGateMakesOfThem) {
  // With the pass that does without them there would be none.
  const CompileOptions options{.disabled_passes = {"fold_gate"}};
  const Outcome kept = run([] { return gated(false); }, options);
  const Outcome again = run([] { return gated(true); }, options);
  expect_the_same(kept, again);
  EXPECT_LT(again.bytes, kept.bytes);
  EXPECT_EQ(gated(true).graph.nodes().size(),
            gated(false).graph.nodes().size() + 3);
}

TEST(Recompute, AddsNothingWhereItSavesNothing) {
  Graph graph;
  ValueId value = graph.add_input("x", {kImage});
  for (int i = 0; i < 3; ++i) {
    value = graph.apply(graph::Activation{ActivationKind::tanh}, {value});
  }
  graph.mark_output("y", value);
  recompute(graph, Recomputed::whatever_is_cheap);
  EXPECT_EQ(graph.nodes().size(), 3U);
}

}  // namespace
}  // namespace lathe
