#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/graph.h"
#include "tests/support/gradient_check.h"

namespace lathe::graph {
namespace {

using testing::check_gradients;
using testing::GradientCase;
using testing::TestGraph;

class ConvolutionGradientRule : public ::testing::TestWithParam<GradientCase> {
};

TEST_P(ConvolutionGradientRule, AgreesWithCentralDifferences) {
  check_gradients(GetParam());
}

std::string name_of_case(const ::testing::TestParamInfo<GradientCase>& info) {
  return info.param.name;
}

// A convolution and the image it is given; each is checked in all three
// directions.
struct ConvolutionCase {
  std::string name;
  Shape image{};
  Window2D window{};
  std::int64_t groups = 1;
  std::int64_t filters = 1;
  bool bias = false;
  bool depthwise_shape = false;
  bool own_weights = false;  // of each sample
};

const std::vector<ConvolutionCase>& convolutions() {
  static const std::vector<ConvolutionCase> cases{
      {.name = "pointwise",
       .image = {2, 3, 2, 5},
       .window = {},
       .filters = 3,
       .bias = true},
      {.name = "weights_of_each_sample",
       .image = {2, 3, 2, 4},
       .window = {},
       .filters = 3,
       .bias = true,
       .own_weights = true},
      {.name = "odd_sizes",
       .image = {1, 5, 4, 3},
       .window = {.kernel = {3, 2}, .padding = {1, 1, 0, 1}},
       .filters = 2,
       .bias = true},
      {.name = "strides_with_same_padding",
       .image = {1, 6, 5, 2},
       .window = {.kernel = {3, 3}, .strides = {2, 2}, .padding = {0, 1, 1, 1}},
       .filters = 3},
      {.name = "strides_beyond_the_kernel",
       .image = {1, 7, 8, 2},
       .window = {.kernel = {2, 1}, .strides = {3, 2}},
       .filters = 2},
      {.name = "dilation",
       .image = {1, 6, 7, 2},
       .window = {.kernel = {2, 3},
                  .dilation = {2, 2},
                  .padding = {1, 0, 2, 1}},
       .filters = 2},
      {.name = "groups",
       .image = {1, 3, 4, 6},
       .window = {.kernel = {2, 2}, .padding = {1, 0, 0, 1}},
       .groups = 3,
       .filters = 6,
       .bias = true},
      {.name = "depthwise",
       .image = {1, 4, 4, 3},
       .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}},
       .groups = 3,
       .filters = 3,
       .depthwise_shape = true},
      {.name = "depthwise_with_multiplier",
       .image = {1, 4, 3, 3},
       .window = {.kernel = {3, 2}, .strides = {2, 2}, .padding = {0, 1, 0, 1}},
       .groups = 3,
       .filters = 6,
       .depthwise_shape = true},
      {.name = "seventeen_channels",
       .image = {1, 2, 3, 17},
       .window = {.kernel = {2, 2}},
       .filters = 3},
  };
  return cases;
}

Shape weight_shape(const ConvolutionCase& test) {
  const Size2D kernel = test.window.kernel;
  const std::int64_t channels = test.image[3];
  if (test.depthwise_shape) {
    return {kernel.height, kernel.width, channels, test.filters / channels};
  }
  if (test.own_weights) return {test.image[0], 1, 1, channels, test.filters};
  return {kernel.height, kernel.width, channels / test.groups, test.filters};
}

Shape bias_shape(const ConvolutionCase& test, std::int64_t channels) {
  return test.own_weights ? Shape{test.image[0], 1, 1, channels}
                          : Shape{channels};
}

Shape result_shape(const ConvolutionCase& test) {
  const Size2D size =
      test.window.output_size("test", {test.image[1], test.image[2]});
  return {test.image[0], size.height, size.width, test.filters};
}

std::vector<GradientCase> convolution_cases() {
  std::vector<GradientCase> cases;
  for (const ConvolutionCase& test : convolutions()) {
    cases.push_back(
        {test.name, [test](TestGraph& graph) {
           std::vector<ValueId> inputs{graph.vary(test.image),
                                       graph.vary(weight_shape(test))};
           if (test.bias) {
             inputs.push_back(graph.vary(bias_shape(test, test.filters)));
           }
           return graph.apply(Convolution{.window = test.window,
                                          .groups = test.groups,
                                          .filters = test.filters},
                              inputs);
         }});
    cases.push_back(
        {test.name + "_input_gradient", [test](TestGraph& graph) {
           std::vector<ValueId> inputs{graph.vary(result_shape(test)),
                                       graph.vary(weight_shape(test))};
           if (test.bias) {
             inputs.push_back(graph.vary(bias_shape(test, test.image[3])));
           }
           return graph.apply(
               ConvolutionInputGradient{
                   .window = test.window,
                   .groups = test.groups,
                   .channels = test.image[3],
                   .image = {test.image[1], test.image[2]}},
               inputs);
         }});
    cases.push_back(
        {test.name + "_weight_gradient", [test](TestGraph& graph) {
           return graph.apply(
               ConvolutionWeightGradient{.window = test.window,
                                         .groups = test.groups,
                                         .weight_shape = weight_shape(test)},
               {graph.vary(test.image), graph.vary(result_shape(test))});
         }});
  }
  return cases;
}

std::vector<GradientCase> matrix_product_cases() {
  std::vector<GradientCase> cases;
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      cases.push_back({concat("a", a, "_b", b), [a, b](TestGraph& graph) {
                         return graph.apply(
                             MatrixProduct{.transpose_a = a, .transpose_b = b},
                             {graph.vary(a ? Shape{5, 3} : Shape{3, 5}),
                              graph.vary(b ? Shape{4, 5} : Shape{5, 4}),
                              graph.vary({4})});
                       }});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Convolution, ConvolutionGradientRule,
                         ::testing::ValuesIn(convolution_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(MatrixProduct, ConvolutionGradientRule,
                         ::testing::ValuesIn(matrix_product_cases()),
                         name_of_case);

}  // namespace
}  // namespace lathe::graph
