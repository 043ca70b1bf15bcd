// What follows from weights alone is computed once, and again whenever they
// may have changed.

#include <gtest/gtest.h>

#include <map>

#include "core/compiler/constant_part.h"
#include "core/compiler/executable.h"
#include "core/compiler/memory_plan.h"
#include "core/philox.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe {
namespace {

using graph::Graph;
using graph::ValueId;
using testing::expect_identical;
using testing::random_tensor;

constexpr std::int64_t kFilters = 16;

// A convolution that Winograd computes, its normalisation, which is folded into
// its weights, and one whose weights oneDNN arranges: y = x * v. The caller
// also reads gamma gamma.
struct Network {
  explicit Network(Device device, std::vector<std::string> disabled = {})
      : options{.device = device, .disabled_passes = std::move(disabled)} {
    const Shape channels{kFilters};
    x = graph.add_input("x", {{2, 8, 8, kFilters}});
    for (const std::string name : {"gamma", "beta", "mean", "variance"}) {
      add(name, channels);
    }
    add("v", {3, 3, kFilters, kFilters});
    add("w", {1, 1, kFilters, 2 * kFilters});
    ValueId y = graph.apply(
        graph::ConvolutionInputGradient{
            .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}},
            .channels = kFilters,
            .image = {8, 8}},
        {x, ids["v"]});
    y = graph.apply(
        graph::FixedNormalization{},
        {y, ids["gamma"], ids["beta"], ids["mean"], ids["variance"]});
    y = graph.apply(graph::Activation{graph::ActivationKind::tanh}, {y});
    y = graph.apply(graph::Convolution{.filters = 2 * kFilters}, {y, ids["w"]});
    graph.mark_output("y", y);
    graph.mark_output(
        "square", graph.apply(graph::Multiply{}, {ids["gamma"], ids["gamma"]}));
  }

  void add(const std::string& name, const Shape& shape) {
    ids[name] = graph.add_weight(name, {shape});
    tensors[name] =
        random_tensor(shape, DType::float32, tensors.size() + 1, 0.2, 0.8);
  }

  std::unique_ptr<Executable> compile() const {
    Executable::Bindings bindings;
    for (const auto& [name, id] : ids) bindings[id] = tensors.at(name);
    return std::make_unique<Executable>(graph, std::move(bindings), options);
  }

  // What an executable that never ran before computes, preparing nothing.
  std::vector<Tensor> expected() const {
    Network plain(options.device, {"prepare_once"});
    for (const auto& [name, tensor] : tensors) {
      plain.tensors.at(name).copy_from(tensor);
    }
    const auto executable = plain.compile();
    return results(*executable);
  }

  static std::vector<Tensor> results(Executable& executable) {
    executable.input("x").copy_from(
        random_tensor({2, 8, 8, kFilters}, DType::float32, 99));
    executable.run();
    return {executable.output("y").clone(),
            executable.output("square").clone()};
  }

  void expect_right(Executable& executable) const {
    const std::vector<Tensor> right = expected();
    const std::vector<Tensor> actual = results(executable);
    expect_identical(actual[0], right[0]);
    expect_identical(actual[1], right[1]);
  }

  CompileOptions options;
  Graph graph;
  ValueId x = graph::kNoValue;
  std::map<std::string, ValueId> ids;
  std::map<std::string, Tensor> tensors;
};

class PrepareOnce : public ::testing::TestWithParam<Device> {};

TEST_P(PrepareOnce, RunsThatChangeNoWeightPrepareNothing) {
  const Network network(GetParam());
  const auto executable = network.compile();
  for (int i = 0; i < 3; ++i) network.expect_right(*executable);
  // To compare is to ask for the weights, which might have been to write them.
  const std::size_t before = executable->preparations();
  EXPECT_EQ(before, 3U);
  for (int i = 0; i < 3; ++i) Network::results(*executable);
  const std::vector<NodeTime> times = executable->measure();
  EXPECT_EQ(executable->preparations(), before);
  std::size_t prepared = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    prepared += executable->is_prepared(i) ? 1 : 0;
  }
  // The folded weights and the square.
  EXPECT_EQ(prepared, 2U);
  EXPECT_NE(executable->summary().find("2 of them run only when"),
            std::string::npos);
}

TEST_P(PrepareOnce, EveryWayToChangeAWeightIsSeen) {
  const Network network(GetParam());
  const auto executable = network.compile();
  network.expect_right(*executable);
  for (const auto& [name, tensor] : network.tensors) {
    SCOPED_TRACE(name);
    std::size_t count = executable->preparations();
    const auto expect_prepared_again = [&] {
      Network::results(*executable);
      EXPECT_EQ(executable->preparations(), ++count);
      network.expect_right(*executable);
      count = executable->preparations();
    };
    tensor.values<float>()[1] += 0.5F;
    expect_prepared_again();
    tensor.copy_from(random_tensor(tensor.shape(), DType::float32, 7, 0.1));
    expect_prepared_again();
    const Tensor rows = tensor.rows(0, 1);
    rows.data<float>()[0] = 0.25F;
    expect_prepared_again();
  }
}

// As validation does between steps.
TEST_P(PrepareOnce, AnExecutableThatTrainsTheWeightsIsSeen) {
  const Network network(GetParam());
  const auto executable = network.compile();
  Graph graph;
  const ValueId iteration = graph.add_state("iteration", {{1}, DType::int64});
  const ValueId rate = graph.add_state("rate", {{1}});
  const ValueId w = graph.add_weight("w", network.tensors.at("w").spec());
  graph.add(graph::SGD{}, {iteration, rate, w, w});
  const Executable::Bindings bindings{{iteration, Tensor({1}, DType::int64)},
                                      {rate, Tensor::from<float>({1}, {0.5F})},
                                      {w, network.tensors.at("w")}};
  Executable update(graph, bindings, network.options);
  network.expect_right(*executable);
  for (int step = 0; step < 3; ++step) {
    Network::results(*executable);
    const std::size_t before = executable->preparations();
    update.run();
    const std::vector<Tensor> actual = Network::results(*executable);
    EXPECT_EQ(executable->preparations(), before + 1);
    expect_identical(actual[0], network.expected()[0]);
  }
  EXPECT_EQ(update.preparations(), 0U);
}

TEST_P(PrepareOnce, WhatSharesTheArenaMayOverwriteIt) {
  Network network(GetParam());
  network.options.arena = std::make_shared<Arena>(GetParam());
  const auto one = network.compile();
  const auto other = network.compile();
  const auto right = network.expected();
  const auto expect = [&](Executable& executable, std::size_t preparations) {
    expect_identical(Network::results(executable)[0], right[0]);
    EXPECT_EQ(executable.preparations(), preparations);
  };
  expect(*one, 1);
  expect(*one, 1);
  expect(*other, 1);
  expect(*one, 2);
  // Filling an input is enough.
  other->input("x").values<float>()[0] = 1;
  expect(*one, 3);
  network.options.arena->reserve(2 * network.options.arena->bytes());
  expect(*one, 4);
}

INSTANTIATE_TEST_SUITE_P(Devices, PrepareOnce,
                         ::testing::Values(Device::cpu, Device::reference));

TEST(ConstantPart, IsWhatReadsOnlyWeightsThatNobodyWrites) {
  Graph graph;
  const ValueId x = graph.add_input("x", {{4}});
  const ValueId frozen = graph.add_weight("frozen", {{4}});
  const ValueId trained = graph.add_weight("trained", {{4}});
  const ValueId iteration = graph.add_state("iteration", {{1}, DType::int64});
  const ValueId rate = graph.add_state("rate", {{1}});
  const ValueId a = graph.apply(graph::Add{}, {frozen, frozen});
  const ValueId b = graph.apply(graph::Multiply{}, {a, frozen});
  const ValueId c = graph.apply(graph::Add{}, {b, x});
  const ValueId d = graph.apply(graph::Add{}, {trained, b});
  const ValueId e = graph.apply(graph::Multiply{}, {a, a});
  graph.add(graph::SGD{}, {iteration, rate, trained, c});
  graph.add(graph::Increment{}, {iteration});
  graph.mark_output("d", d);
  graph.mark_output("e", e);
  const ConstantPart part = constant_part(graph);
  EXPECT_EQ(part.nodes,
            (std::vector<bool>{true, true, false, false, true, false, false}));
  std::vector<ValueId> constant;
  std::vector<ValueId> kept;
  for (ValueId id = 0; id <= e; ++id) {
    const auto place = static_cast<std::size_t>(id);
    if (part.values[place]) constant.push_back(id);
    if (part.kept[place]) kept.push_back(id);
  }
  EXPECT_EQ(constant, (std::vector<ValueId>{frozen, rate, a, b, e}));
  EXPECT_EQ(kept, (std::vector<ValueId>{b, e}));
}

// Random graphs of weights and an input: after the first run, whoever reads
// what was kept finds it, whatever later runs have written.
TEST(ConstantPart, SurvivesInTheMemoryPlan) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Philox random({.seed = seed});
    Graph graph;
    std::vector<ValueId> values{graph.add_input("x", {{64}}),
                                graph.add_weight("w", {{64}})};
    const auto any = [&] {
      return values[random.below(static_cast<std::uint32_t>(values.size()))];
    };
    for (int i = 0; i < 30; ++i) {
      values.push_back(random.below(3) == 0
                           ? graph.apply(graph::Reshape{.shape = {64}}, {any()})
                           : graph.apply(graph::Add{}, {any(), any()}));
    }
    graph.mark_output("y", values.back());
    const ConstantPart part = constant_part(graph);
    const MemoryPlan plan = plan_memory(graph);
    // By place, the value last written; views are what they look at.
    std::map<std::size_t, ValueId> owner;
    std::vector<ValueId> origin(graph.values().size());
    for (std::size_t v = 0; v < origin.size(); ++v) {
      origin[v] = static_cast<ValueId>(v);
    }
    const auto place = [&](ValueId id) {
      return plan.offsets[static_cast<std::size_t>(id)];
    };
    const auto run = [&](bool constant) {
      for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
        if (part.nodes[i] != constant) continue;
        const graph::Node& node = graph.nodes()[i];
        for (const ValueId id : node.inputs) {
          if (graph.value(id).role == graph::Role::weight) continue;
          ASSERT_EQ(owner[place(id)], origin[static_cast<std::size_t>(id)])
              << "node " << i << " reads " << id;
        }
        const ValueId result = node.outputs[0];
        if (place(node.inputs[0]) == place(result) &&
            std::holds_alternative<graph::Reshape>(node.operation)) {
          origin[static_cast<std::size_t>(result)] =
              origin[static_cast<std::size_t>(node.inputs[0])];
        } else {
          owner[place(result)] = result;
        }
      }
    };
    owner[place(values[0])] = values[0];
    run(true);
    for (int i = 0; i < 2; ++i) run(false);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace lathe
