#include <gtest/gtest.h>

#include <algorithm>

#include "core/compiler/executable.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_integers;
using testing::random_tensor;

// A block of images of that side in training: 4 channels are expanded to 12,
// normalised, moved by, projected and added to what they were.
struct Training {
  Graph graph;
  Executable::Bindings bindings;
  std::vector<ValueId> weights;
  Tensor x;
  Tensor target;
  ValueId expanded = kNoValue;
  ValueId normalized = kNoValue;

  Training(std::int64_t side, std::int64_t stride, bool is_read_twice = false)
      : x(random_tensor({2, side, side, 3}, DType::float64, 1)) {
    const ValueId image = graph.add_input("x", {x.shape(), x.dtype()});
    const ValueId start = pointwise(image, 4);
    expanded = pointwise(start, 12);
    normalized = graph.add(BatchNormalization{.epsilon = 0.01},
                           {expanded, weight({12}), weight({12})})[0];
    normalized =
        graph.apply(Activation{.kind = ActivationKind::swish}, {normalized});
    ValueId y = graph.apply(Convolution{.window = {.kernel = {5, 5},
                                                   .strides = {stride, stride},
                                                   .padding = {2, 2, 2, 2}},
                                        .groups = 12,
                                        .filters = 12},
                            {normalized, weight({5, 5, 12, 1})});
    if (is_read_twice) y = graph.apply(Add{}, {y, normalized});
    y = pointwise(y, 4);
    if (stride == 1) y = graph.apply(Add{}, {y, start});
    y = graph.apply(Activation{.kind = ActivationKind::sigmoid},
                    {pointwise(y, 1)});
    const Shape shape = graph.shape(y);
    target = random_integers(shape, DType::uint8, 2, 2);
    const ValueId t = graph.add_input("t", {shape, DType::uint8});
    const ValueId loss = graph.apply(BinaryCrossentropy{}, {y, t});
    graph.mark_output("loss", loss);
    run_passes(graph, forward_passes(), {});
    for (const ValueId gradient : differentiate(graph, loss, weights)) {
      graph.mark_output(concat("gradient ", graph.outputs().size()), gradient);
    }
  }

  ValueId weight(const Shape& shape) {
    const auto seed = static_cast<std::uint32_t>(weights.size() + 3);
    const ValueId id = graph.add_weight("w", {shape, DType::float64});
    bindings[id] = random_tensor(shape, DType::float64, seed, 0.2, 0.8);
    weights.push_back(id);
    return id;
  }

  ValueId pointwise(ValueId from, std::int64_t filters) {
    return graph.apply(
        Convolution{.filters = filters},
        {from, weight({1, 1, graph.shape(from).back(), filters})});
  }

  bool is_joined(Device device = Device::reference) const {
    Graph copy = graph;
    run_passes(copy, final_passes({}, device), {});
    return std::any_of(
        copy.nodes().begin(), copy.nodes().end(), [](const Node& node) {
          return std::holds_alternative<NormalizedExpansionGradient>(
              node.operation);
        });
  }

  std::vector<Tensor> results(const std::vector<std::string>& disabled) const {
    Executable executable(
        graph, bindings,
        {.device = Device::reference, .disabled_passes = disabled});
    executable.input("x").copy_from(x);
    executable.input("t").copy_from(target);
    executable.run();
    std::vector<Tensor> results;
    for (const auto& [name, id] : graph.outputs()) {
      results.push_back(executable.output(name).clone());
    }
    return results;
  }
};

TEST(JoinExpansionGradient, ComputesWhatTheThreeDo) {
  for (const std::int64_t stride : {1, 2}) {
    const Training training(28, stride);
    ASSERT_TRUE(training.is_joined());
    const auto joined = training.results({});
    const auto apart = training.results({"join_expansion_gradient"});
    ASSERT_EQ(joined.size(), 8U);
    for (std::size_t i = 0; i < joined.size(); ++i) {
      SCOPED_TRACE(training.graph.outputs()[i].first);
      expect_close(joined[i], apart[i], 1e-9, 1e-12);
    }
  }
}

TEST(JoinExpansionGradient, LeavesWhatIsSmallOrSeenOrReadTwiceOrOnAGpu) {
  EXPECT_FALSE(Training(27, 1).is_joined());
  EXPECT_FALSE(Training(28, 1).is_joined(Device::cuda));
  EXPECT_FALSE(Training(28, 1, true).is_joined());
  for (const ValueId Training::*seen :
       {&Training::expanded, &Training::normalized}) {
    Training training(28, 1);
    training.graph.mark_output("seen", training.*seen);
    EXPECT_FALSE(training.is_joined());
  }
}

}  // namespace
}  // namespace lathe::graph
