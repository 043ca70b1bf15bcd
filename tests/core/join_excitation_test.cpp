#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_tensor;

// Images of that side, whose 6 channels become 3 and then 5, and the gradients
// of their sum.
struct Exciting {
  Graph graph;
  Executable::Bindings bindings;
  Tensor x;
  std::vector<ValueId> weights;
  ValueId hidden = kNoValue;
  ValueId activated = kNoValue;
  ValueId y = kNoValue;

  explicit Exciting(std::int64_t side = 1,
                    ActivationKind activation = ActivationKind::sigmoid)
      : x(random_tensor({2, side, side, 6}, DType::float64, 1)) {
    const ValueId image = graph.add_input("x", {x.shape(), x.dtype()});
    hidden = graph.apply(Convolution{.window = {}, .filters = 3},
                         {image, weight({1, 1, 6, 3}), weight({3})});
    activated =
        graph.apply(Activation{.kind = ActivationKind::swish}, {hidden});
    y = graph.apply(
        Activation{.kind = activation},
        {graph.apply(Convolution{.window = {}, .filters = 5},
                     {activated, weight({1, 1, 3, 5}), weight({5})})});
    graph.mark_output("y", y);
  }

  ValueId weight(const Shape& shape) {
    const auto seed = static_cast<std::uint32_t>(bindings.size() + 2);
    const ValueId id = graph.add_weight("w", {shape, DType::float64});
    bindings[id] = random_tensor(shape, DType::float64, seed);
    weights.push_back(id);
    return id;
  }

  std::size_t nodes() const {
    Graph copy = graph;
    join_excitation(copy);
    return copy.nodes().size();
  }

  // y and the gradients of its sum.
  std::vector<Tensor> results(bool joined) const {
    Graph copy = graph;
    if (joined) join_excitation(copy);
    const ValueId loss = copy.apply(ReduceSum{.target = {}}, {y});
    const std::vector<ValueId> gradients = differentiate(copy, loss, weights);
    std::vector<std::string> names{"y"};
    for (const ValueId gradient : gradients) {
      names.push_back(concat("gradient ", names.size()));
      copy.mark_output(names.back(), gradient);
    }
    Executable executable(copy, bindings, {.device = Device::reference});
    executable.input("x").copy_from(x);
    executable.run();
    std::vector<Tensor> results;
    for (const std::string& name : names) {
      results.push_back(executable.output(name).clone());
    }
    return results;
  }
};

TEST(JoinExcitation, ComputesTheSameWithOneNode) {
  const Exciting network;
  EXPECT_EQ(network.nodes(), 1U);
  const std::vector<Tensor> joined = network.results(true);
  const std::vector<Tensor> apart = network.results(false);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    SCOPED_TRACE(i);
    // Some roundings of float64.
    expect_close(joined[i], apart[i], 1e-13, 1e-13);
  }
}

TEST(JoinExcitation, LeavesWhatOthersReadOrIsNoGate) {
  EXPECT_EQ(Exciting(2).nodes(), 4U);
  EXPECT_EQ(Exciting(1, ActivationKind::swish).nodes(), 4U);
  Exciting read_before;
  read_before.graph.mark_output("hidden", read_before.hidden);
  EXPECT_EQ(read_before.nodes(), 4U);
  Exciting read_between;
  read_between.graph.mark_output("activated", read_between.activated);
  EXPECT_EQ(read_between.nodes(), 4U);
}

}  // namespace
}  // namespace lathe::graph
