#include <gtest/gtest.h>

#include <algorithm>

#include "core/compiler/executable.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_tensor;

// So many channels of images of that side to 12, whose pixels then move.
struct Expanding {
  Graph graph;
  Executable::Bindings bindings;
  Tensor x;
  ValueId expanded = kNoValue;

  explicit Expanding(std::int64_t side, std::int64_t channels = 4,
                     DType dtype = DType::float64)
      : x(random_tensor({2, side, side, channels}, dtype, 1)) {
    const ValueId image = graph.add_input("x", {x.shape(), x.dtype()});
    expanded = graph.apply(
        Convolution{
            .window = {}, .filters = 12, .activation = ActivationKind::swish},
        {image, weight({1, 1, channels, 12}), weight({12})});
    const Window2D window{.kernel = {3, 3},
                          .strides = {2, 2},
                          .padding = {.bottom = 1, .right = 1}};
    graph.mark_output(
        "y", graph.apply(Convolution{.window = window,
                                     .groups = 12,
                                     .filters = 12,
                                     .activation = ActivationKind::relu},
                         {expanded, weight({3, 3, 12, 1}), weight({12})}));
  }

  ValueId weight(const Shape& shape) {
    const auto seed = static_cast<std::uint32_t>(bindings.size() + 2);
    const Tensor values = random_tensor(shape, x.dtype(), seed);
    const ValueId id = graph.add_weight("w", {shape, x.dtype()});
    bindings[id] = values;
    return id;
  }

  std::size_t nodes(Device device = Device::reference) const {
    Graph copy = graph;
    run_passes(copy, final_passes({}, device), {});
    return copy.nodes().size();
  }

  // With bfloat16 wherever it can be.
  bool is_joined_in_bfloat16() const {
    Graph copy = graph;
    const auto always = [](const Operation&, const Signature&) { return true; };
    run_passes(copy, final_passes(always, Device::cpu), {});
    return std::ranges::any_of(copy.nodes(), [](const Node& node) {
      return std::holds_alternative<ExpandedConvolution>(node.operation);
    });
  }

  Tensor y(const std::vector<std::string>& disabled) const {
    Executable executable(
        graph, bindings,
        {.device = Device::reference, .disabled_passes = disabled});
    executable.input("x").copy_from(x);
    executable.run();
    return executable.output("y").clone();
  }
};

TEST(JoinExpansion, ComputesWhatTheTwoDo) {
  const Expanding network(28);
  ASSERT_EQ(network.nodes(), 1U);
  expect_close(network.y({}), network.y({"join_expansion"}), 1e-12, 1e-12);
}

TEST(JoinExpansion, LeavesWhatIsSmallOrSeenOrOnAGpu) {
  EXPECT_EQ(Expanding(27).nodes(), 2U);
  EXPECT_EQ(Expanding(28).nodes(Device::cuda), 2U);
  Expanding network(28);
  network.graph.mark_output("expanded", network.expanded);
  EXPECT_EQ(network.nodes(), 2U);
}

// Two channels are multiplied together.
TEST(JoinExpansion, TakesBfloat16OfEvenChannels) {
  EXPECT_TRUE(Expanding(28, 4, DType::float32).is_joined_in_bfloat16());
  EXPECT_FALSE(Expanding(28, 5, DType::float32).is_joined_in_bfloat16());
}

}  // namespace
}  // namespace lathe::graph
