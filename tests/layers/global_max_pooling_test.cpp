#include <gtest/gtest.h>

#include <algorithm>

#include "core/graph/gradient.h"
#include "layers/global_max_pooling2d.h"
#include "layers/input.h"
#include "models/model.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::layers {
namespace {

// Where several pixels are the largest, the gradient goes to the first.
void check(std::int64_t height, std::int64_t width) {
  SCOPED_TRACE(concat(height, " x ", width));
  const Symbol input = Input({.shape = {height, width, 1}});
  models::LoweredModel lowered =
      models::Model(input, GlobalMaxPooling2D()(input)).lower({});
  graph::Graph& graph = lowered.graph;
  const graph::ValueId x = lowered.inputs[0];
  const graph::ValueId sum =
      graph.apply(graph::ReduceSum{.target = {1}}, {lowered.outputs[0]});
  const graph::ValueId gradient = graph::differentiate(graph, sum, {x})[0];
  const Tensor integers =
      testing::random_integers(graph.shape(x), DType::int32, 1, 50);
  const Tensor images(graph.shape(x));
  std::ranges::copy(integers.values<std::int32_t>(), images.data<float>());
  const auto values =
      testing::run_graph(graph, Device::reference, {{x, images}});
  const auto pixels = images.values<float>();
  const auto largest = std::ranges::max_element(pixels);
  EXPECT_EQ(values.at(lowered.outputs[0]).values<float>()[0], *largest);
  const Tensor expected(images.shape());
  expected.data<float>()[largest - pixels.begin()] = 1;
  testing::expect_identical(values.at(gradient), expected);
}

TEST(GlobalMaxPooling, TakesImagesOfAnySize) {
  check(16, 16);
  check(18, 20);
  check(2, 300);
  check(513, 7);
}

}  // namespace
}  // namespace lathe::layers
