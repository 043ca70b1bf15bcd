#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/error.h"
#include "core/reference/kernels.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

// The reference is what the other backends are compared with, so it is held
// against numbers computed by hand, and against Keras in the layers' tests.
namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::expect_identical;
using testing::random_integers;
using testing::random_tensor;

std::vector<Tensor> run(const Operation& operation,
                        const std::vector<Tensor>& inputs) {
  const Signature signature = testing::signature_of(operation, inputs);
  return testing::run_kernel(reference::make_kernel(operation, signature),
                             signature, inputs);
}

Tensor floats(Shape shape, const std::vector<float>& values) {
  return Tensor::from<float>(std::move(shape), values);
}

Tensor bytes(Shape shape, const std::vector<std::uint8_t>& values) {
  return Tensor::from<std::uint8_t>(std::move(shape), values);
}

// Hand computed numbers are exact in float, or given to seven digits.
void expect_values(const Tensor& actual, const std::vector<float>& expected) {
  expect_close(actual, floats(actual.shape(), expected), 1e-6, 1e-6);
}

TEST(Reference, ConvolvesWithPaddingOnTwoSides) {
  const auto x = floats({1, 2, 2, 1}, {1, 2, 3, 4});
  const auto w = floats({2, 2, 1, 1}, {1, 10, 100, 1000});
  const Convolution operation{
      .window = {.kernel = {2, 2}, .padding = {.top = 1, .right = 1}}};
  const auto y = run(operation, {x, w, floats({1}, {0.5F})})[0];
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 1}));
  expect_values(y, {2100.5F, 200.5F, 4321.5F, 402.5F});
}

TEST(Reference, DilationLeavesGapsInTheWindow) {
  const auto x = floats({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const auto w = floats({2, 2, 1, 1}, {1, 10, 100, 1000});
  const Convolution both{.window = {.kernel = {2, 2}, .dilation = {2, 2}}};
  expect_values(run(both, {x, w})[0], {9731});
  const Convolution rows{.window = {.kernel = {2, 2}, .dilation = {2, 1}}};
  expect_values(run(rows, {x, w})[0], {8721, 9832});
}

TEST(Reference, StridesStepOverRowsAndColumns) {
  const auto x = floats({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Convolution operation{.window = {.strides = {2, 1}}};
  expect_values(run(operation, {x, floats({1, 1, 1, 1}, {1})})[0],
                {1, 2, 3, 7, 8, 9});
}

TEST(Reference, TransposedConvolutionSpreadsAPixel) {
  const auto dy = floats({1, 1, 2, 1}, {1, 2});
  const auto w = floats({2, 2, 1, 1}, {1, 10, 100, 1000});
  const ConvolutionInputGradient operation{
      .window = {.kernel = {2, 2}, .strides = {2, 2}}, .image = {2, 4}};
  expect_values(run(operation, {dy, w})[0],
                {1, 10, 2, 20, 100, 1000, 200, 2000});
}

TEST(Reference, DepthwiseKernelsInBothShapesAreOneMemory) {
  const auto x = random_tensor({1, 4, 5, 3}, DType::float32, 1);
  const auto w = random_tensor({3, 3, 3, 2}, DType::float32, 2);
  const Convolution operation{
      .window = {.kernel = {3, 3}}, .groups = 3, .filters = 6};
  expect_identical(run(operation, {x, w})[0],
                   run(operation, {x, w.reshaped({3, 3, 1, 6})})[0]);
}

TEST(Reference, GroupsReadTheirOwnChannels) {
  const auto x = floats({1, 1, 1, 4}, {1, 2, 3, 4});
  // Rows: the two channels of a group; columns: four filters, two a group.
  const auto w = floats({1, 1, 2, 4}, {1, 10, 100, 1000, 1, 1, 1, 1});
  expect_values(run(Convolution{.groups = 2, .filters = 4}, {x, w})[0],
                {3, 12, 304, 3004});
}

TEST(Reference, MaxPoolingTakesTheFirstLargestAndNeverPadding) {
  const auto x = floats({1, 2, 3, 1}, {-5, -3, -3, -7, -3, -9});
  const auto outputs = run(MaxPooling{.window = {.kernel = {2, 2},
                                                 .strides = {2, 2},
                                                 .padding = {.right = 1}}},
                           {x});
  expect_values(outputs[0], {-3, -3});
  expect_identical(outputs[1], bytes({1, 1, 2, 1}, {1, 0}));
}

TEST(Reference, AveragePoolingCountsWhatLiesInside) {
  const auto x = floats({1, 1, 3, 1}, {1, 3, 8});
  const AveragePooling operation{
      .window = {.kernel = {1, 2}, .strides = {1, 2}, .padding = {.right = 1}}};
  expect_values(run(operation, {x})[0], {2, 8});
}

TEST(Reference, EnlargesWithHalfPixelCentres) {
  const auto x = floats({1, 1, 2, 1}, {0, 4});
  expect_values(run(UpSampling{.factor = {1, 2}}, {x})[0], {0, 0, 4, 4});
  expect_values(
      run(UpSampling{.factor = {1, 2}, .kind = UpSamplingKind::bilinear},
          {x})[0],
      {0, 1, 3, 4});
}

TEST(Reference, NormalizesWithTheBatchesBiasedVariance) {
  const auto x = floats({2, 1}, {1, 5});
  const auto outputs = run(
      BatchNormalization{
          .epsilon = 0, .activation = ActivationKind::relu, .residual = true},
      {x, floats({1}, {2}), floats({1}, {1}), floats({2, 1}, {0.5F, 4})});
  expect_values(outputs[0], {0, 7});  // -2 + 1 + 0.5 and 2 + 1 + 4
  expect_values(outputs[1], {3});
  expect_values(outputs[2], {4});
}

TEST(Reference, MovesStatistics) {
  const auto move = [](double momentum, double warm_up, std::int64_t count) {
    const auto mean = floats({1}, {0});
    const auto variance = floats({1}, {1});
    run(MovingStatistics{.momentum = momentum, .warm_up = warm_up},
        {Tensor::from<std::int64_t>({1}, {count}), mean, floats({1}, {10}),
         variance, floats({1}, {3})});
    return std::pair(mean, variance);
  };
  // Keras: a tenth of the way.
  expect_values(move(0.9, -1, 0).first, {1});
  expect_values(move(0.9, -1, 0).second, {1.2F});
  // The first batch replaces the start; the third of a plain mean weighs a
  // third; and the rate never falls below Keras'.
  expect_values(move(0.9, 0, 0).first, {10});
  expect_values(move(0.9, 0, 2).first, {10.0F / 3});
  expect_values(move(0.9, 1, 2).first, {5});
  expect_values(move(0.9, 0, 1000).first, {1});
}

TEST(Reference, BinaryCrossentropyIsTheMeanOfWhatCounts) {
  const auto p = floats({4}, {0.5F, 0.25F, 0.9F, 1});
  const auto t = bytes({4}, {1, 0, kIgnoredTarget, 1});
  // ln 2, ln 4/3, ignored, and -ln(1 - 1e-7) in float.
  expect_values(run(BinaryCrossentropy{}, {p, t})[0],
                {(0.6931472F + 0.2876821F + 1.192e-7F) / 3});
  const auto ignored = bytes({4}, std::vector<std::uint8_t>(4, kIgnoredTarget));
  expect_values(run(BinaryCrossentropy{}, {p, ignored})[0], {0});
  expect_values(
      run(BinaryCrossentropyGradient{}, {floats({1}, {1}), p, ignored})[0],
      {0, 0, 0, 0});
}

TEST(Reference, BinaryCrossentropyOfLogitsNeverOverflows) {
  const auto p = floats({3}, {0, 1000, -1000});
  expect_values(run(BinaryCrossentropy{.options = {.from_logits = true}},
                    {p, bytes({3}, {0, 0, 0})})[0],
                {(0.6931472F + 1000) / 3});
  expect_values(
      run(BinaryCrossentropyGradient{.options = {.from_logits = true}},
          {floats({1}, {3}), p, bytes({3}, {1, 0, 0})})[0],
      {-0.5F, 1, 0});
}

TEST(Reference, CategoricalCrossentropyOfRowsThatSumToAnything) {
  const auto p = floats({3, 2}, {1, 3, 4, 4, 9, 9});
  const auto t = bytes({3}, {0, 1, kIgnoredTarget});
  expect_values(run(CategoricalCrossentropy{}, {p, t})[0],
                {(1.3862944F + 0.6931472F) / 2});
  const auto logits = floats({1, 2}, {1000, 1001});
  // log(1 + e)
  expect_values(run(CategoricalCrossentropy{.options = {.from_logits = true}},
                    {logits, bytes({1}, {0})})[0],
                {1.3132617F});
}

TEST(Reference, ATargetThatIsNoClassMakesTheLossNaN) {
  const auto p = floats({2, 2}, {0.5F, 0.5F, 0.5F, 0.5F});
  for (const bool from_logits : {false, true}) {
    const auto loss =
        run(CategoricalCrossentropy{.options = {.from_logits = from_logits}},
            {p, bytes({2}, {0, 2})})[0];
    EXPECT_TRUE(std::isnan(loss.data<float>()[0]));
  }
}

TEST(Reference, CountsPredictionsByTrueClass) {
  const auto binary =
      run(ConfusionMatrix{}, {floats({5, 1}, {0.2F, 0.8F, 0.5F, 0.9F, 0.9F}),
                              bytes({5}, {0, 0, 1, 1, kIgnoredTarget})})[0];
  expect_identical(binary, Tensor::from<std::int64_t>({2, 2}, {1, 1, 1, 1}));
  const auto rows = run(ConfusionMatrix{.classes = 3},
                        {floats({2, 3}, {1, 5, 5, 0, 0, 9}),
                         Tensor::from<std::int32_t>({2}, {2, 2})})[0];
  expect_identical(
      rows, Tensor::from<std::int64_t>({3, 3}, {0, 0, 0, 0, 0, 0, 0, 1, 1}));
}

TEST(Reference, AdamsFirstStepIsTheLearningRate) {
  const auto w = floats({3}, {1, 1, 1});
  const auto g = floats({3}, {0.5F, -8, 0});
  const auto m = floats({3}, {0, 0, 0});
  const auto v = floats({3}, {0, 0, 0});
  run(Adam{},
      {Tensor::from<std::int64_t>({1}, {0}), floats({1}, {0.1F}), w, g, m, v});
  expect_values(m, {0.05F, -0.8F, 0});
  expect_values(v, {0.00025F, 0.064F, 0});
  // 1e-7 outside the correction: 0.1 / (1 + 1e-7 / sqrt(v)) differs from 0.1
  // by 6e-7.
  expect_values(w, {0.9F, 1.1F, 1});
}

TEST(Reference, DropoutDependsOnTheSampleAndNotOnItsRow) {
  const Dropout operation{.rate = 0.3, .operation = 5};
  const auto x = random_tensor({2, 400}, DType::float32, 3, 1, 2);
  const auto draw = Tensor::from<std::int64_t>({4}, {7, 1, 11, 12});
  const auto y = run(operation, {x, draw})[0];
  const auto second =
      run(operation,
          {x.rows(1, 1), Tensor::from<std::int64_t>({3}, {7, 1, 12})})[0];
  expect_identical(second, y.rows(1, 1));
  int dropped = 0;
  for (std::size_t i = 0; i < 800; ++i) {
    const float kept = y.values<float>()[i];
    if (kept == 0) {
      ++dropped;
    } else {
      EXPECT_FLOAT_EQ(kept, x.values<float>()[i] / 0.7F);
    }
  }
  // 240 expected; 13 is the standard deviation, and four of it are allowed.
  EXPECT_NEAR(dropped, 240, 52);
}

TEST(Reference, DropoutSharesDrawsOverTheNoiseShape) {
  const Dropout operation{.rate = 0.5, .noise_shape = {1, 1, 64}};
  const auto x = random_tensor({1, 2, 3, 64}, DType::float32, 4, 1, 2);
  const auto y =
      run(operation, {x, Tensor::from<std::int64_t>({3}, {7, 1, 0})})[0];
  const auto values = y.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i] == 0, values[i % 64] == 0) << "at " << i;
  }
}

TEST(Reference, ArrangesRowsAndChannels) {
  const auto x = floats({2, 2}, {1, 2, 3, 4});
  expect_values(run(Concatenate{.axis = 1}, {x, floats({2, 1}, {8, 9})})[0],
                {1, 2, 8, 3, 4, 9});
  expect_values(run(Slice{.begin = {0, 1}, .extents = {2, 1}}, {x})[0], {2, 4});
  expect_values(run(Pad{.before = {0, 1}, .after = {1, 0}}, {x})[0],
                {0, 1, 2, 0, 3, 4, 0, 0, 0});
}

TEST(Reference, MultipliesAndSumsOverARunOfAxes) {
  const auto x = floats({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_values(run(Multiply{}, {x, floats({2, 1, 2}, {1, 10, 100, 1000})})[0],
                {1, 20, 3, 40, 500, 6000, 700, 8000});
  expect_values(run(ReduceSum{.target = {2, 1, 2}}, {x})[0], {4, 6, 12, 14});
  expect_values(run(ReduceSum{.target = {2}}, {x})[0], {16, 20});
  expect_values(run(ReduceSum{.target = {1}}, {x})[0], {36});
}

TEST(Reference, CountsUp) {
  const auto counter = Tensor::from<std::int64_t>({1}, {41});
  run(Increment{}, {counter});
  EXPECT_EQ(counter.data<std::int64_t>()[0], 42);
}

TEST(Reference, ActivatesWithoutOverflowAndPassesNaNOn) {
  const auto x = floats({3}, {-1000, 0, NAN});
  for (const ActivationKind kind :
       {ActivationKind::relu, ActivationKind::sigmoid, ActivationKind::swish,
        ActivationKind::tanh}) {
    SCOPED_TRACE(name_of(kind));
    const auto y = run(Activation{.kind = kind}, {x})[0];
    EXPECT_EQ(y.data<float>()[0], kind == ActivationKind::tanh ? -1 : 0);
    EXPECT_EQ(y.data<float>()[1], kind == ActivationKind::sigmoid ? 0.5F : 0);
    EXPECT_TRUE(std::isnan(y.data<float>()[2]));
  }
}

// Each operation that may write over an input computes the same there.
TEST(Reference, ComputesInPlaceWhatItComputesElsewhere) {
  const Shape shape{2, 3, 2, 4};
  const auto x = random_tensor(shape, DType::float32, 10);
  const auto dy = random_tensor(shape, DType::float32, 11);
  const auto r = random_tensor(shape, DType::float32, 12);
  const auto c = random_tensor({4}, DType::float32, 13, 0.5, 1.5);
  const auto draw = Tensor::from<std::int64_t>({4}, {7, 1, 11, 12});
  const auto image = random_tensor({2, 3, 2, 4}, DType::float32, 14);
  const auto kernel = random_tensor({1, 1, 4, 4}, DType::float32, 15);
  const auto taps = random_tensor({1, 1, 4, 1}, DType::float32, 16);
  const auto swish = ActivationKind::swish;
  const std::vector<std::pair<Operation, std::vector<Tensor>>> cases{
      {Activation{swish}, {x}},
      {ActivationGradient{swish}, {dy, x}},
      {Softmax{}, {x}},
      {SoftmaxGradient{}, {dy, x}},
      {BatchNormalizationGradient{.activation = swish, .residual = true},
       {dy, x, c, c, c, c, r}},
      {FixedNormalization{.activation = swish, .residual = true},
       {x, c, c, c, c, r}},
      {FixedNormalizationGradient{}, {dy, x, c, c, c}},
      {NormalizedConvolutionGradient{.activation = swish, .residual = true},
       {dy, x, c, c, c, c, image, kernel, r}},
      {NormalizedExpansionGradient{.activation = swish, .residual = true},
       {dy, image, kernel, c, c, c, c, taps, r}},
      {Add{}, {x, dy}},
      {Multiply{}, {x, c}},
      {Affine{.scale = 2, .offset = 1}, {x}},
      {Reshape{.shape = {6, 8}}, {x}},
      {Dropout{}, {x, draw}},
      {Convolution{.window = {}, .filters = 4, .residual = true},
       {image, kernel, image}},
      {ConvolutionInputGradient{
           .window = {}, .channels = 4, .image = {3, 2}, .residual = true},
       {image, kernel, c, image}},
  };
  for (const auto& [operation, inputs] : cases) {
    SCOPED_TRACE(name_of(operation));
    const auto apart = run(operation, inputs);
    const Signature signature = testing::signature_of(operation, inputs);
    const auto in_place = testing::run_kernel_in_place(
        reference::make_kernel(operation, signature), signature, inputs,
        in_place_input_of(operation, inputs.size()).value());
    for (std::size_t i = 0; i < apart.size(); ++i) {
      expect_identical(in_place[i], apart[i]);
    }
  }
}

TEST(Reference, RefusesToComputeInIntegers) {
  const Signature signature{.inputs = {{{2}, DType::int32}},
                            .outputs = {{{2}, DType::int32}}};
  EXPECT_THROW(reference::make_kernel(Activation{}, signature), Error);
}

}  // namespace
}  // namespace lathe::graph
