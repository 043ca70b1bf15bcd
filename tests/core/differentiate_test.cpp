#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "tests/support/gradient_check.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::check_gradients;
using testing::random_integers;
using testing::random_tensor;
using testing::run_graph;
using testing::TestGraph;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Differentiate, AddsWhatFlowsBackFromEveryUse) {
  TestGraph test;
  const ValueId x = test.vary({2, 3, 3, 2});
  const ValueId w = test.vary({1, 1, 2, 2});
  // x is used three times, w twice, and y by itself.
  const ValueId once = test.apply(Convolution{.filters = 2}, {x, w});
  const ValueId twice = test.apply(Convolution{.filters = 2}, {once, w});
  const ValueId y = test.apply(Add{}, {x, twice});
  check_gradients(test, test.apply(Multiply{}, {y, x}));
}

TEST(Differentiate, SquaresThroughOneValueOnBothSides) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{1}, DType::float64});
  const ValueId square = graph.apply(Multiply{}, {x, x});
  const ValueId dx = differentiate(graph, square, {x})[0];
  const auto values = run_graph(graph, Device::reference,
                                {{x, Tensor::from<double>({1}, {3})}});
  EXPECT_EQ(values.at(dx).data<double>()[0], 6);
}

// A small network of the kinds that the U-Net joins.
TEST(Differentiate, ChecksThroughANetwork) {
  TestGraph test;
  const ValueId x =
      test.fix(random_tensor({2, 4, 4, 2}, DType::float64, 60, 0, 1));
  ValueId y = test.apply(
      Convolution{.window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}},
                  .filters = 3},
      {x, test.vary({3, 3, 2, 3}), test.vary({3})});
  y = test.apply(BatchNormalization{},
                 {y, test.vary({3}, 0.5, 1.5), test.vary({3})});
  y = test.apply(Activation{.kind = ActivationKind::relu}, {y});
  const ValueId skip = y;
  y = test.apply(MaxPooling{.window = {.kernel = {2, 2}, .strides = {2, 2}}},
                 {y});
  y = test.apply(ConvolutionInputGradient{.window = {.kernel = {3, 3},
                                                     .padding = {1, 1, 1, 1}},
                                          .channels = 3,
                                          .image = {2, 2}},
                 {y, test.vary({3, 3, 3, 3})});
  y = test.apply(UpSampling{.factor = {2, 2}}, {y});
  y = test.apply(Concatenate{.axis = 3}, {y, skip});
  y = test.apply(Convolution{.filters = 1}, {y, test.vary({1, 1, 6, 1})});
  y = test.apply(Activation{.kind = ActivationKind::sigmoid}, {y});
  const ValueId t = test.fix(random_integers({2, 4, 4}, DType::uint8, 61, 2));
  // The bias before the normalisation has no influence.
  const ValueId bias = test.varied[1];
  std::erase(test.varied, bias);
  check_gradients(test, test.apply(BinaryCrossentropy{}, {y, t}));
}

TEST(Differentiate, AddsNoWorkForWhatNobodyWants) {
  Graph graph;
  const ValueId image = graph.add_input("image", {{1, 4, 4, 2}});
  const ValueId w = graph.add_weight("w", {{1, 1, 2, 3}});
  const ValueId y = graph.apply(Convolution{.filters = 3}, {image, w});
  const ValueId other = graph.apply(Activation{}, {y});
  graph.mark_output("other", other);
  const ValueId loss = graph.apply(ReduceSum{.target = {1}}, {y});
  differentiate(graph, loss, {w});
  for (const Node& node : graph.nodes()) {
    EXPECT_FALSE(
        std::holds_alternative<ConvolutionInputGradient>(node.operation));
    EXPECT_FALSE(std::holds_alternative<ActivationGradient>(node.operation));
  }
}

TEST(Differentiate, RefusesALossThatIsNoScalar) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{2, 3}});
  const ValueId y = graph.apply(Activation{}, {x}, "wide");
  EXPECT_EQ(message_of([&] { differentiate(graph, y, {x}); }),
            "differentiate: 'wide' is (2, 3); only a scalar has gradients");
}

TEST(Differentiate, NamesTheValueOnWhichTheLossDoesNotDepend) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{1}});
  const ValueId stranger = graph.add_weight("stranger", {{1}});
  const ValueId loss = graph.apply(Affine{.scale = 2}, {x});
  EXPECT_EQ(message_of([&] {
              differentiate(graph, loss, {x, stranger});
            }),
            "differentiate: the loss does not depend on 'stranger'");
}

TEST(Differentiate, NamesTheOperationWithoutAGradient) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{1}});
  const ValueId y = graph.apply(
      ActivationGradient{.kind = ActivationKind::relu}, {x, x}, "second order");
  EXPECT_EQ(message_of([&] { differentiate(graph, y, {x}); }),
            "second order: activation_gradient has no gradient");
}

TEST(Differentiate, RefusesAFixedNormalizationThatWasJoined) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{1, 1}});
  const ValueId c = graph.add_input("c", {{1}});
  const ValueId y = graph.apply(
      FixedNormalization{.activation = ActivationKind::relu}, {x, c, c, c, c});
  EXPECT_THROW(differentiate(graph, y, {x}), Error);
}

TEST(Differentiate, RefusesAConvolutionThatWasJoined) {
  Graph graph;
  const ValueId x = graph.add_weight("x", {{1, 1, 1, 1}});
  const ValueId w = graph.add_input("w", {{1, 1, 1, 1}});
  const ValueId y = graph.apply(
      Convolution{.window = {}, .activation = ActivationKind::relu}, {x, w});
  const ValueId z = graph.apply(
      ConvolutionInputGradient{.window = {}, .residual = true}, {x, w, x});
  EXPECT_THROW(differentiate(graph, y, {x}), Error);
  EXPECT_THROW(differentiate(graph, z, {x}), Error);
}

}  // namespace
}  // namespace lathe::graph
