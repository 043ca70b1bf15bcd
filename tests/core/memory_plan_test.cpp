#include "core/compiler/memory_plan.h"

#include <gtest/gtest.h>

#include "core/philox.h"

namespace lathe {
namespace {

using graph::Graph;
using graph::Role;
using graph::ValueId;

// A chain and a few side branches of random lengths.
Graph random_graph(std::uint32_t seed) {
  Graph graph;
  Philox random({.seed = seed});
  std::vector<ValueId> values{graph.add_input("x", {{8, 16}})};
  for (int i = 0; i < 40; ++i) {
    const ValueId a =
        values[random.below(static_cast<std::uint32_t>(values.size()))];
    const ValueId b =
        values[random.below(static_cast<std::uint32_t>(values.size()))];
    switch (random.below(4)) {
      case 0:
        values.push_back(graph.apply(graph::Softmax{}, {a}));
        break;
      case 1:
        if (graph.shape(a) == graph.shape(b)) {
          values.push_back(graph.apply(graph::Add{}, {a, b}));
        }
        break;
      case 2:
        values.push_back(graph.apply(
            graph::Reshape{.shape = {graph.shape(a)[1], graph.shape(a)[0]}},
            {a}));
        break;
      default:
        values.push_back(
            graph.apply(graph::Pad{.before = {1, 0}, .after = {0, 2}}, {a}));
    }
  }
  graph.mark_output("y", values.back());
  return graph;
}

// What the plan must guarantee, checked by following who wrote each byte last:
// no node may read a value after somebody else wrote into its memory.
void expect_values_survive(const Graph& graph, const MemoryPlan& plan) {
  std::vector<ValueId> owner(plan.bytes, graph::kNoValue);
  const auto write = [&](ValueId id) {
    const std::size_t offset = plan.offsets[static_cast<std::size_t>(id)];
    ASSERT_LE(offset + graph.value(id).spec.bytes(), plan.bytes);
    std::fill_n(owner.begin() + static_cast<std::ptrdiff_t>(offset),
                graph.value(id).spec.bytes(), id);
  };
  // A view holds what the value it looks at holds.
  std::vector<ValueId> origin(graph.values().size());
  for (std::size_t v = 0; v < origin.size(); ++v) {
    origin[v] = static_cast<ValueId>(v);
    if (graph.values()[v].role == Role::input) write(origin[v]);
  }
  const auto expect_intact = [&](ValueId id, const std::string& reader) {
    const ValueId root = origin[static_cast<std::size_t>(id)];
    const std::size_t offset = plan.offsets[static_cast<std::size_t>(id)];
    for (std::size_t i = 0; i < graph.value(id).spec.bytes(); ++i) {
      ASSERT_EQ(owner[offset + i], root)
          << reader << " reads " << graph.value(id).name << " (" << id
          << ") after it was overwritten";
    }
  };
  for (const graph::Node& node : graph.nodes()) {
    for (const ValueId input : node.inputs) expect_intact(input, node.name);
    for (const ValueId output : node.outputs) {
      if (std::holds_alternative<graph::Reshape>(node.operation)) {
        origin[static_cast<std::size_t>(output)] =
            origin[static_cast<std::size_t>(node.inputs[0])];
      } else {
        write(output);
      }
    }
  }
  for (const auto& [name, id] : graph.outputs())
    expect_intact(id, "the caller");
}

TEST(MemoryPlan, NoValueIsOverwrittenBeforeItsLastReader) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = random_graph(seed);
    const MemoryPlan shared = plan_memory(graph);
    const MemoryPlan copied = plan_memory(graph, {.in_place = false});
    const MemoryPlan kept =
        plan_memory(graph, {.in_place = false, .liveness = false});
    expect_values_survive(graph, shared);
    expect_values_survive(graph, copied);
    expect_values_survive(graph, kept);
    EXPECT_LE(copied.bytes, kept.bytes);
    if (HasFatalFailure()) return;
  }
}

TEST(MemoryPlan, AChainNeedsTwoBuffersAndInPlaceOne) {
  Graph graph;
  const ValueId x = graph.add_input("x", {{1024}});
  ValueId value = graph.apply(graph::Pad{.before = {0}, .after = {0}}, {x});
  for (int i = 0; i < 10; ++i) {
    value =
        graph.apply(graph::Activation{graph::ActivationKind::tanh}, {value});
  }
  graph.mark_output("y", value);
  EXPECT_EQ(plan_memory(graph, {.in_place = false}).bytes, 3 * 4096U);
  EXPECT_EQ(plan_memory(graph).bytes, 2 * 4096U);
}

}  // namespace
}  // namespace lathe
