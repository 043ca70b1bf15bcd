#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/graph/graph.h"

namespace lathe::graph {
namespace {

TensorSpec f32(Shape shape) {
  return {std::move(shape), DType::float32};
}

TensorSpec f64(Shape shape) {
  return {std::move(shape), DType::float64};
}

// What an operation makes of inputs of these specs.
struct ShapeCase {
  std::string name;
  Operation operation;
  Specs inputs;
  Specs outputs;
};

std::ostream& operator<<(std::ostream& out, const ShapeCase& test) {
  return out << test.name;
}

class ShapeRule : public ::testing::TestWithParam<ShapeCase> {};

TEST_P(ShapeRule, GivesTheOutputs) {
  const ShapeCase& test = GetParam();
  const Specs outputs = output_specs(test.operation, test.inputs);
  EXPECT_EQ(outputs, test.outputs);
  const Cost cost = cost_of(test.operation, test.inputs, outputs);
  EXPECT_GE(cost.flops, 0);
  EXPECT_GE(cost.bytes, 0);
}

const TensorSpec kCount{{1}, DType::int64};
const Window2D kSame{
    .kernel = {3, 3}, .strides = {2, 2}, .padding = {0, 1, 0, 1}};
const Window2D kHalving{.kernel = {2, 2}, .strides = {2, 2}};

std::vector<ShapeCase> shape_cases() {
  const TensorSpec bytes{{2, 2, 2, 3}, DType::uint8};
  const TensorSpec image = f32({2, 4, 4, 3});
  return {
      {"convolution",
       Convolution{.window = kSame, .filters = 8},
       {f64({2, 7, 6, 3}), f64({3, 3, 3, 8}), f64({8})},
       {f64({2, 3, 3, 8})}},
      {"depthwise_convolution",
       Convolution{.window = kSame, .groups = 3, .filters = 6},
       {f32({2, 7, 6, 3}), f32({3, 3, 3, 2})},
       {f32({2, 3, 3, 6})}},
      {"convolution_with_weights_of_each_sample",
       Convolution{.filters = 8},
       {f32({2, 7, 6, 3}), f32({2, 1, 1, 3, 8}), f32({2, 1, 1, 8})},
       {f32({2, 7, 6, 8})}},
      {"convolution_input_gradient",
       ConvolutionInputGradient{
           .window = kSame, .channels = 3, .image = {7, 6}},
       {f32({2, 3, 3, 8}), f32({3, 3, 3, 8}), f32({3})},
       {f32({2, 7, 6, 3})}},
      {"convolution_weight_gradient",
       ConvolutionWeightGradient{.window = kSame, .weight_shape = {3, 3, 3, 8}},
       {f32({2, 7, 6, 3}), f32({2, 3, 3, 8})},
       {f32({3, 3, 3, 8})}},
      {"expanded_convolution",
       ExpandedConvolution{.window = kSame},
       {f32({2, 7, 6, 3}), f32({1, 1, 3, 8}), f32({8}), f32({3, 3, 8, 1}),
        f32({8})},
       {f32({2, 3, 3, 8})}},
      {"convolution_statistics",
       ConvolutionStatistics{},
       {f32({2, 7, 6, 3}), f32({1, 1, 3, 8})},
       {f32({8}), f32({8})}},
      {"matrix_product",
       MatrixProduct{.transpose_a = true},
       {f32({3, 2}), f32({3, 4}), f32({4})},
       {f32({2, 4})}},
      {"excitation",
       Excitation{},
       {f32({2, 1, 1, 6}), f32({1, 1, 6, 3}), f32({3}), f32({1, 1, 3, 5}),
        f32({5})},
       {f32({2, 1, 1, 5}), f32({2, 1, 1, 3})}},
      {"excitation_gradient",
       ExcitationGradient{},
       {f32({2, 1, 1, 5}), f32({2, 1, 1, 6}), f32({2, 1, 1, 5}),
        f32({2, 1, 1, 3}), f32({1, 1, 6, 3}), f32({1, 1, 3, 5})},
       {f32({2, 1, 1, 6}), f32({1, 1, 6, 3}), f32({3}), f32({1, 1, 3, 5}),
        f32({5})}},
      {"activation", Activation{}, {f64({5})}, {f64({5})}},
      {"softmax", Softmax{}, {f32({5, 2})}, {f32({5, 2})}},
      {"batch_normalization",
       BatchNormalization{.residual = true},
       {image, f32({3}), f32({3}), image},
       {image, f32({3}), f32({3})}},
      {"batch_normalization_gradient",
       BatchNormalizationGradient{.residual = true},
       {image, image, f32({3}), f32({3}), f32({3}), f32({3}), image},
       {image, f32({3}), f32({3}), image}},
      {"fixed_normalization",
       FixedNormalization{},
       {image, f32({3}), f32({3}), f32({3}), f32({3})},
       {image}},
      {"normalized_convolution_gradient",
       NormalizedConvolutionGradient{.residual = true},
       {image, image, f32({3}), f32({3}), f32({3}), f32({3}), f32({2, 4, 4, 2}),
        f32({1, 1, 2, 3}), f32({2, 4, 4, 2})},
       {f32({2, 4, 4, 2}), f32({1, 1, 2, 3}), f32({3}), f32({3})}},
      {"normalized_expansion_gradient",
       NormalizedExpansionGradient{.window = kSame, .residual = true},
       {f32({2, 3, 3, 8}), f32({2, 7, 6, 3}), f32({1, 1, 3, 8}), f32({8}),
        f32({8}), f32({8}), f32({8}), f32({3, 3, 8, 1}), f32({2, 7, 6, 3})},
       {f32({2, 7, 6, 3}), f32({1, 1, 3, 8}), f32({8}), f32({8}),
        f32({3, 3, 8, 1})}},
      {"normalized_weights",
       NormalizedWeights{.inner = 2},
       {f32({5, 3, 2}), f32({3}), f32({3}), f32({3}), f32({3}), f32({3})},
       {f32({5, 3, 2}), f32({3})}},
      {"moving_statistics",
       MovingStatistics{},
       {kCount, f32({3}), f32({3}), f32({2}), f32({2})},
       {}},
      {"max_pooling",
       MaxPooling{.window = kHalving},
       {f32({2, 5, 4, 3})},
       {f32({2, 2, 2, 3}), bytes}},
      {"max_pooling_gradient",
       MaxPoolingGradient{.window = kHalving, .image = {5, 4}},
       {f32({2, 2, 2, 3}), bytes},
       {f32({2, 5, 4, 3})}},
      {"average_pooling",
       AveragePooling{.window = {.kernel = {4, 4}}},
       {image},
       {f32({2, 1, 1, 3})}},
      {"upsampling",
       UpSampling{.factor = {2, 3}},
       {image},
       {f32({2, 8, 12, 3})}},
      {"upsampling_gradient",
       UpSamplingGradient{.factor = {2, 1}},
       {image},
       {f32({2, 2, 4, 3})}},
      {"multiply", Multiply{}, {image, f32({2, 1, 1, 3})}, {image}},
      {"multiply_and_add",
       Multiply{},
       {image, f32({2, 1, 1, 3}), f32({2, 1, 1, 3})},
       {image}},
      {"sum_of_products",
       ReduceSum{.target = {2, 1, 1, 3}},
       {image, image},
       {f32({2, 1, 1, 3})}},
      {"reduce_sum",
       ReduceSum{.target = {2, 1, 1, 3}},
       {image},
       {f32({2, 1, 1, 3})}},
      {"constant", Constant{.spec = kCount}, {}, {kCount}},
      {"increment", Increment{}, {kCount}, {}},
      {"concatenate",
       Concatenate{.axis = 1},
       {bytes, bytes, bytes},
       {{{2, 6, 2, 3}, DType::uint8}}},
      {"slice",
       Slice{.begin = {1, 0}, .extents = {2, 3}},
       {f32({4, 3})},
       {f32({2, 3})}},
      {"pad",
       Pad{.before = {0, 1}, .after = {2, 0}},
       {f32({4, 3})},
       {f32({6, 4})}},
      {"merged_weights",
       MergedWeights{.factor = {2, 3}},
       {f32({3, 2, 4, 5})},
       {f32({4, 4, 4, 5})}},
      {"merged_transposed_weights",
       MergedWeights{.factor = {1, 2}, .transposed = true},
       {f32({3, 2, 4, 5})},
       {f32({3, 3, 5, 4})}},
      {"merged_weights_gradient",
       MergedWeightsGradient{.factor = {1, 2}, .transposed = true},
       {f32({3, 3, 5, 4})},
       {f32({3, 2, 4, 5})}},
      {"reshape", Reshape{.shape = {4, 12}}, {f32({2, 8, 3})}, {f32({4, 12})}},
      {"dropout", Dropout{}, {image, {{4}, DType::int64}}, {image}},
      {"binary_crossentropy",
       BinaryCrossentropy{},
       {f32({2, 4, 1}), {{2, 4}, DType::uint8}},
       {f32({1})}},
      {"categorical_crossentropy",
       CategoricalCrossentropy{},
       {f32({2, 4, 5}), {{2, 4}, DType::int32}},
       {f32({1})}},
      {"dice",
       Dice{},
       {f32({2, 4, 5}), {{2, 4}, DType::int32}},
       {f32({1}), f32({5, 2})}},
      {"dice_gradient",
       DiceGradient{{2, 4, 5}},
       {f32({1}), f32({5, 2}), {{2, 4}, DType::uint8}},
       {f32({2, 4, 5})}},
      {"confusion_matrix",
       ConfusionMatrix{.classes = 5},
       {f32({2, 4, 5}), {{2, 4}, DType::uint8}},
       {{{5, 5}, DType::int64}}},
      {"categorical_crossentropy_of_distributions",
       CategoricalCrossentropy{},
       {f32({2, 400}), f32({2, 400})},
       {f32({1})}},
      {"predicted_class",
       PredictedClass{},
       {f32({2, 4, 5})},
       {{{8}, DType::int32}}},
      {"top_k", TopK{}, {f32({2, 400}), {{2, 1}, DType::int32}}, {kCount}},
      {"sgd", SGD{}, {kCount, f32({1}), f32({3}), f32({3})}, {}},
      {"sgd_with_momentum",
       SGD{.momentum = 0.5},
       {kCount, f32({1}), f32({3}), f32({3}), f32({3})},
       {}},
      {"rmsprop_of_everything",
       RMSprop{.momentum = 0.5, .centered = true},
       {kCount, f32({1}), f32({3}), f32({3}), f32({3}), f32({3}), f32({3})},
       {}},
      {"lion_with_scales",
       Lion{.update = {.scaled = true}},
       {kCount, f32({1}), f32({2}), f32({3}), f32({3}), f32({3}), f32({4}),
        f32({4}), f32({4})},
       {}},
      {"accumulate_gradients",
       AccumulateGradients{},
       {f32({3}), f32({3}), f32({4, 2}), f32({4, 2})},
       {}},
      {"gradient_scales",
       GradientScales{},
       {f32({3}), f32({4, 2}), f32({1})},
       {f32({3})}},
      {"weight_averages",
       WeightAverages{},
       {kCount, f32({4, 2}), f32({4, 2})},
       {}},
      {"adam",
       Adam{},
       {kCount, f32({1}), f32({3, 2}), f32({3, 2}), f32({3, 2}), f32({3, 2})},
       {}},
  };
}

INSTANTIATE_TEST_SUITE_P(Operation, ShapeRule,
                         ::testing::ValuesIn(shape_cases()),
                         [](const auto& test) { return test.param.name; });

// The error for inputs that don't fit.
struct ErrorCase {
  std::string name;
  Operation operation;
  Specs inputs;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const ErrorCase& test) {
  return out << test.name;
}

class RuleError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(RuleError, SaysWhatItMetAndWhatWouldBeRight) {
  const ErrorCase& test = GetParam();
  try {
    (void)output_specs(test.operation, test.inputs);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), test.message);
  }
}

std::vector<ErrorCase> error_cases() {
  const TensorSpec image = f32({2, 4, 4, 3});
  return {
      {"missing_input", Add{}, {image}, "add: takes 2 inputs and was given 1"},
      {"integers",
       Activation{},
       {{{2}, DType::uint8}},
       "activation: computes in float32 or float64 and was given uint8 (2)"},
      {"kernel_of_other_channels",
       Convolution{.window = kSame, .filters = 8},
       {image, f32({3, 3, 4, 8})},
       "convolution: the kernel is float32 (3, 3, 4, 8); float32 (3, 3, 3, 8) "
       "would be right"},
      {"kernel_of_another_type",
       Convolution{.window = kSame, .filters = 8},
       {image, f64({3, 3, 3, 8})},
       "convolution: the kernel is float64 (3, 3, 3, 8); float32 (3, 3, 3, 8) "
       "would be right"},
      {"bias_of_other_length",
       Convolution{.filters = 8},
       {image, f32({1, 1, 3, 8}), f32({3})},
       "convolution: the bias is float32 (3); float32 (8) would be right"},
      {"weights_of_other_samples",
       Convolution{.filters = 8},
       {image, f32({3, 1, 1, 3, 8})},
       "convolution: the kernel is float32 (3, 1, 1, 3, 8); float32 (2, 1, 1, "
       "3, 8) would be right"},
      {"bias_of_each_sample",
       Convolution{.filters = 8},
       {image, f32({1, 1, 3, 8}), f32({2, 1, 1, 8})},
       "convolution: the bias is float32 (2, 1, 1, 8); float32 (8) would be "
       "right"},
      {"groups",
       Convolution{.groups = 2, .filters = 8},
       {image, f32({1, 1, 3, 8})},
       "convolution: 2 groups must divide 3 channels and 8 filters"},
      {"window_too_large",
       Convolution{.window = {.kernel = {3, 3}, .dilation = {2, 2}},
                   .filters = 8},
       {image, f32({3, 3, 3, 8})},
       "convolution: a window of 5 does not fit into a height of 4 with "
       "padding 0 and 0"},
      {"stride_of_zero",
       AveragePooling{.window = {.kernel = {2, 2}, .strides = {1, 0}}},
       {image},
       "average_pooling: kernel 2, stride 0, dilation 1 and padding 0 and 0 "
       "along the width; all must be at least 1, padding at least 0"},
      {"dy_of_another_image",
       ConvolutionInputGradient{.channels = 3, .image = {5, 4}},
       {f32({2, 4, 4, 8}), f32({1, 1, 3, 8})},
       "convolution_input_gradient: dy is float32 (2, 4, 4, 8); float32 "
       "(2, 5, 4, 8) would be right"},
      {"inner_extents",
       MatrixProduct{.transpose_b = true},
       {f32({2, 3}), f32({3, 4})},
       "matrix_product: float32 (2, 3) times float32 (3, 4) transposed; the "
       "columns of the first must be as many as the rows of the second, in "
       "one type"},
      {"gamma_of_other_channels",
       BatchNormalization{},
       {image, f32({4}), f32({3})},
       "batch_normalization: gamma is float32 (4); float32 (3) would be "
       "right"},
      {"padding_of_a_whole_window",
       MaxPooling{.window = {.kernel = {2, 2}, .padding = {2, 0, 0, 0}}},
       {image},
       "max_pooling: padding 2, 0, 0, 0 around a window of 2 x 2; it must be "
       "smaller than the window"},
      {"too_many_places",
       MaxPooling{.window = {.kernel = {16, 17}}},
       {f32({1, 20, 20, 1})},
       "max_pooling: a window of 16 x 17; at most 256 elements"},
      {"no_multiple_of_the_factor",
       UpSamplingGradient{.factor = {2, 3}},
       {image},
       "upsampling_gradient: dy of (2, 4, 4, 3) is no multiple of the factors "
       "2 and 3"},
      {"offset_unlike_the_factor",
       Multiply{},
       {image, f32({2, 1, 1, 3}), f32({3})},
       "multiply: the third input is float32 (3); float32 (2, 1, 1, 3) would "
       "be right"},
      {"two_runs_of_ones",
       Multiply{},
       {image, f32({1, 4, 1, 3})},
       "multiply: (1, 4, 1, 3) does not repeat over (2, 4, 4, 3); it may be 1 "
       "on one run of neighbouring axes"},
      {"concatenated_extents",
       Concatenate{.axis = 3},
       {image, f32({2, 5, 4, 3})},
       "concatenate: float32 (2, 4, 4, 3) and float32 (2, 5, 4, 3) can't be "
       "joined along axis 3; types and all other extents must agree"},
      {"slice_outside",
       Slice{.begin = {1}, .extents = {3}},
       {f32({3})},
       "slice: the box of (3) at (1) is not inside (3)"},
      {"reshape_to_other_count",
       Reshape{.shape = {7}},
       {f32({2, 3})},
       "reshape: (2, 3) has 6 elements and (7) has 7"},
      {"rate_of_one",
       Dropout{.rate = 1},
       {image, {{4}, DType::int64}},
       "dropout: the rate is 1; it must be at least 0 and below 1"},
      {"draw_of_other_batch",
       Dropout{},
       {image, {{3}, DType::int64}},
       "dropout: the draw is int64 (3); int64 (4) would be right"},
      {"targets_of_a_float",
       BinaryCrossentropy{},
       {f32({4}), f32({4})},
       "binary_crossentropy: targets of float32 (4) for predictions of "
       "float32 (4); there must be a uint8 or int32 for each"},
      {"too_many_classes",
       CategoricalCrossentropy{},
       {f32({4, 256}), {{4}, DType::uint8}},
       "categorical_crossentropy: 256 classes; at most 255 with targets of "
       "uint8, for 255 is one to ignore"},
      {"smoothing_beyond_one",
       CategoricalCrossentropy{{.label_smoothing = 1.5}},
       {f32({4, 3}), {{4}, DType::uint8}},
       "categorical_crossentropy: label smoothing of 1.5; it must be from 0 to "
       "1"},
      {"gamma_below_zero",
       BinaryCrossentropy{{.gamma = -1}},
       {f32({4, 1}), {{4}, DType::uint8}},
       "binary_crossentropy: gamma is -1; it must be at least 0"},
      {"gamma_with_smoothing",
       BinaryCrossentropy{{.label_smoothing = 0.1, .gamma = 1}},
       {f32({4, 1}), {{4}, DType::uint8}},
       "binary_crossentropy: a gamma and label smoothing; there can be one of "
       "them"},
      {"gamma_of_distributions",
       CategoricalCrossentropy{{.gamma = 1}},
       {f32({4, 3}), f32({4, 3})},
       "categorical_crossentropy: a gamma is for class ids, not for "
       "distributions"},
      {"class_weights_of_another_count",
       BinaryCrossentropy{{.class_weights = {1, 2, 3}}},
       {f32({4, 1}), {{4}, DType::uint8}},
       "binary_crossentropy: 3 class weights for 2 classes"},
      {"top_k_of_one_channel",
       TopK{},
       {f32({4, 1}), {{4}, DType::int32}},
       "top_k: the 5 largest of 1 predictions a row; there must be at least 1 "
       "of at least 2"},
      {"classes_of_another_count",
       ConfusionMatrix{.classes = 3},
       {f32({4, 1}), {{4}, DType::uint8}},
       "confusion_matrix: predictions of float32 (4, 1) for 3 classes; there "
       "must be a channel a class, or one for two"},
      {"moments_of_another_shape",
       Adam{},
       {kCount, f32({1}), f32({3}), f32({3}), f32({3}), f32({4})},
       "adam: what is kept for a weight is float32 (4); float32 (3) would be "
       "right"},
      {"half_a_weight",
       Adam{},
       {kCount, f32({1}), f32({3}), f32({3})},
       "adam: takes the iteration, the learning rate, and w, g and 2 more of "
       "each weight, and was given 4 inputs"},
  };
}

INSTANTIATE_TEST_SUITE_P(Operation, RuleError,
                         ::testing::ValuesIn(error_cases()),
                         [](const auto& test) { return test.param.name; });

TEST(Cost, CountsTwoOperationsForEachMultiplicationOfAConvolution) {
  const Convolution operation{
      .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}}, .filters = 8};
  const Specs inputs{f32({2, 5, 6, 4}), f32({3, 3, 4, 8}), f32({8})};
  const Specs outputs = output_specs(operation, inputs);
  const Cost cost = cost_of(operation, inputs, outputs);
  EXPECT_EQ(cost.flops, 2.0 * 2 * 5 * 6 * 8 * 3 * 3 * 4);
  EXPECT_EQ(cost.bytes,
            4.0 * (2 * 5 * 6 * 4 + 3 * 3 * 4 * 8 + 8 + 2 * 5 * 6 * 8));
  // The other directions multiply as often; depthwise C times less.
  const Cost back = cost_of(
      ConvolutionInputGradient{
          .window = operation.window, .channels = 4, .image = {5, 6}},
      Specs{outputs[0], inputs[1]}, Specs{inputs[0]});
  const Cost weights =
      cost_of(ConvolutionWeightGradient{.window = operation.window,
                                        .weight_shape = {3, 3, 4, 8}},
              Specs{inputs[0], outputs[0]}, Specs{inputs[1]});
  EXPECT_EQ(back.flops, cost.flops);
  EXPECT_EQ(weights.flops, cost.flops);
  const Cost depthwise = cost_of(
      Convolution{.window = operation.window, .groups = 4, .filters = 8},
      Specs{inputs[0], f32({3, 3, 4, 2})}, outputs);
  EXPECT_EQ(depthwise.flops * 4, cost.flops);
  // Each sample meets its own weights only.
  const Specs shared{f32({2, 5, 6, 4}), f32({1, 1, 4, 8})};
  const Specs own{f32({2, 5, 6, 4}), f32({2, 1, 1, 4, 8})};
  EXPECT_EQ(cost_of(Convolution{.filters = 8}, own, outputs).flops,
            cost_of(Convolution{.filters = 8}, shared, outputs).flops);
}

TEST(Cost, CountsMatrixProducts) {
  const Specs inputs{f32({3, 5}), f32({3, 7})};
  const MatrixProduct operation{.transpose_a = true};
  EXPECT_EQ(cost_of(operation, inputs, output_specs(operation, inputs)).flops,
            2.0 * 3 * 5 * 7);
}

TEST(Writes, AreTheWeightsAndMomentsAndNotTheGradients) {
  EXPECT_EQ(writes_of(Adam{}, 10),
            (std::vector<std::size_t>{2, 4, 5, 6, 8, 9}));
  // Accumulated gradients start again.
  EXPECT_EQ(writes_of(SGD{.update = {.accumulation_steps = 2}}, 6),
            (std::vector<std::size_t>{2, 3, 4, 5}));
  EXPECT_EQ(writes_of(AccumulateGradients{}, 4),
            (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(writes_of(WeightAverages{}, 5), (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(writes_of(MovingStatistics{}, 5), (std::vector<std::size_t>{1, 3}));
  EXPECT_TRUE(writes_of(Add{}, 2).empty());
}

}  // namespace
}  // namespace lathe::graph
