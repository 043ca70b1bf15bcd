#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_tensor;

// An image that `makes` makes of another, and its mean.
struct Squeezed {
  Graph graph;
  Executable::Bindings bindings;
  Tensor x = random_tensor({2, 6, 5, 4}, DType::float64, 1);
  ValueId image = kNoValue;

  Squeezed(const Operation& makes, const std::vector<Shape>& weights,
           Size2D window) {
    std::vector<ValueId> inputs{graph.add_input("x", x.spec())};
    for (const Shape& shape : weights) {
      inputs.push_back(graph.add_weight("w", {shape, DType::float64}));
      bindings[inputs.back()] = random_tensor(
          shape, DType::float64, static_cast<std::uint32_t>(inputs.size()));
    }
    image = graph.add(makes, inputs)[0];
    graph.mark_output("y", image);
    graph.mark_output(
        "mean",
        graph.apply(AveragePooling{.window = {.kernel = window}}, {image}));
  }

  std::size_t nodes(Device device = Device::reference) const {
    Graph copy = graph;
    run_passes(copy, final_passes({}, device), {});
    return copy.nodes().size();
  }

  Tensor result(const std::string& name,
                const std::vector<std::string>& disabled) const {
    Executable executable(
        graph, bindings,
        {.device = Device::reference, .disabled_passes = disabled});
    executable.input("x").copy_from(x);
    executable.run();
    return executable.output(name).clone();
  }
};

const Convolution kDepthwise{
    .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}},
    .groups = 4,
    .filters = 4};

Squeezed squeezed(Size2D window = {6, 5}) {
  return {kDepthwise, {{3, 3, 4, 1}}, window};
}

TEST(JoinMeans, GiveTheMeansOfWhatMakesAnImage) {
  const Squeezed networks[] = {
      squeezed(),
      {ExpandedConvolution{.window = {.kernel = {3, 3}}},
       {{1, 1, 4, 8}, {8}, {3, 3, 8, 1}},
       {4, 3}}};
  for (const Squeezed& network : networks) {
    SCOPED_TRACE(name_of(network.graph.nodes()[0].operation));
    ASSERT_EQ(network.nodes(), 1U);
    for (const char* name : {"y", "mean"}) {
      expect_close(network.result(name, {}),
                   network.result(name, {"join_means"}), 1e-15, 1e-15);
    }
  }
}

TEST(JoinMeans, LeavePartsOfImagesOtherMakersAndGpus) {
  EXPECT_EQ(squeezed({3, 5}).nodes(), 2U);
  EXPECT_EQ(squeezed().nodes(Device::cuda), 2U);
  const Squeezed pointwise(Convolution{.filters = 4}, {{1, 1, 4, 4}}, {6, 5});
  EXPECT_EQ(pointwise.nodes(), 2U);
}

}  // namespace
}  // namespace lathe::graph
