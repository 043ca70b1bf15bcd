#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_tensor;

// A convolution of an enlarged image, and the loss that is its sum of products
// with constants.
struct Enlarged {
  Graph graph;
  Executable::Bindings bindings;
  std::vector<ValueId> weights;
  Tensor x;
  ValueId y = kNoValue;

  Enlarged(const Convolution& convolution, const UpSampling& upsampling,
           std::int64_t channels = 5)
      : x(random_tensor({2, 4, 3, channels}, DType::float64, 1)) {
    const ValueId input = graph.add_input("x", x.spec());
    const ValueId large = graph.apply(upsampling, {input});
    const Size2D kernel = convolution.window.kernel;
    y = graph.apply(
        convolution,
        {large,
         weight({kernel.height, kernel.width, channels, convolution.filters}),
         weight({convolution.filters})});
    graph.mark_output("y", y);
  }

  ValueId weight(const Shape& shape) {
    const ValueId id = graph.add_weight("w", {shape, DType::float64});
    bindings[id] = random_tensor(shape, DType::float64,
                                 static_cast<std::uint32_t>(id) + 7);
    weights.push_back(id);
    return id;
  }

  std::map<std::string, Tensor> results(bool merged) const {
    Graph step = graph;
    if (merged) merge_upsampling(step, Device::cpu);
    const ValueId factors = step.add_input("factors", step.value(y).spec);
    const ValueId loss =
        step.apply(Reshape{.shape = {1}},
                   {step.apply(ReduceSum{.target = {1, 1, 1, 1}},
                               {step.apply(Multiply{}, {y, factors})})});
    const auto gradients = differentiate(step, loss, weights);
    step.mark_output("dw", gradients[0]);
    step.mark_output("dbias", gradients[1]);
    Executable executable(step, bindings, {.device = Device::reference});
    executable.input("x").copy_from(x);
    executable.input("factors").copy_from(
        random_tensor(step.shape(y), DType::float64, 2));
    executable.run();
    std::map<std::string, Tensor> outputs;
    for (const char* name : {"y", "dw", "dbias"}) {
      outputs[name] = executable.output(name).clone();
    }
    return outputs;
  }
};

bool is_merged(const Enlarged& network, Device device = Device::cpu) {
  Graph graph = network.graph;
  merge_upsampling(graph, device);
  return std::none_of(
      graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
        return std::holds_alternative<UpSampling>(node.operation);
      });
}

Convolution convolution(Size2D kernel, const Padding2D& padding) {
  return {.window = {.kernel = kernel, .padding = padding}, .filters = 3};
}

const Convolution kDense3x3 = convolution({3, 3}, {1, 1, 1, 1});
const UpSampling kByTwo{.factor = {2, 2}};

TEST(MergeUpsampling, ComputesWhatAConvolutionOfAnEnlargedImageDoes) {
  const std::pair<Convolution, UpSampling> cases[] = {
      {kDense3x3, kByTwo},
      {convolution({3, 3}, {}), kByTwo},
      {convolution({3, 3}, {2, 0, 1, 2}), {.factor = {3, 1}}},
      {convolution({5, 2}, {2, 3, 0, 1}), {.factor = {2, 4}}},
      {convolution({1, 3}, {0, 0, 1, 1}), {.factor = {1, 2}}}};
  for (const auto& [convolved, upsampling] : cases) {
    SCOPED_TRACE(concat(convolved.window, " of ", upsampling.factor.height, 'x',
                        upsampling.factor.width));
    const Enlarged network(convolved, upsampling);
    ASSERT_TRUE(is_merged(network));
    const auto plain = network.results(false);
    const auto merged = network.results(true);
    for (const auto& [name, tensor] : plain) {
      SCOPED_TRACE(name);
      // Sums of at most a few hundred products in another order.
      expect_close(merged.at(name), tensor, 1e-12, 1e-13);
    }
  }
}

TEST(MergeUpsampling, TakesOnAGpuWhatGainsThere) {
  EXPECT_TRUE(is_merged({kDense3x3, kByTwo, 32}, Device::cuda));
  EXPECT_FALSE(is_merged({kDense3x3, kByTwo, 20}, Device::cuda));
  EXPECT_FALSE(is_merged({kDense3x3, kByTwo, 72}, Device::cuda));
  EXPECT_FALSE(is_merged({kDense3x3, {.factor = {2, 3}}, 32}, Device::cuda));
  EXPECT_FALSE(is_merged({convolution({3, 5}, {}), kByTwo, 32}, Device::cuda));
  Convolution many = kDense3x3;
  many.filters = 5;
  EXPECT_FALSE(is_merged({many, kByTwo, 32}, Device::cuda));
}

TEST(MergeUpsampling, LeavesOtherConvolutions) {
  EXPECT_FALSE(is_merged(
      {kDense3x3, {.factor = {2, 2}, .kind = UpSamplingKind::bilinear}}));
  // Single pixels go before the enlargement: fold_upsampling.
  EXPECT_FALSE(is_merged({convolution({1, 1}, {}), kByTwo}));
  Convolution other = kDense3x3;
  other.window.strides = {2, 1};
  EXPECT_FALSE(is_merged({other, kByTwo}));
  other = kDense3x3;
  other.window.dilation = {2, 2};
  EXPECT_FALSE(is_merged({other, kByTwo}));
  other = kDense3x3;
  other.means = true;
  EXPECT_FALSE(is_merged({other, kByTwo}));
  // Windows that meet nothing but zeros.
  EXPECT_FALSE(is_merged({convolution({3, 3}, {3, 1, 1, 1}), kByTwo}));
}

}  // namespace
}  // namespace lathe::graph
