#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_integers;
using testing::random_tensor;

// Functions within a few units in the last place, summed in float32 over
// blocks of 1024 in at least 8 lanes and then in float64.
constexpr double kTolerance = 5e-6;

// (1 - q)^gamma is the exponential of down to -75, which float32 rounds to
// 4e-6.
double tolerance(const LossOptions& options) {
  return options.gamma > 0 ? 2e-5 : kTolerance;
}

Tensor dloss() {
  return Tensor::from<float>({1}, {0.75F});
}

// Targets below `classes`, every seventh ignored.
Tensor targets(const Shape& shape, DType dtype, std::uint32_t classes) {
  const auto t = random_integers(shape, dtype, 3, classes);
  for (std::int64_t i = 0; i < t.elements(); i += 7) {
    if (dtype == DType::uint8) {
      t.data<std::uint8_t>()[i] = kIgnoredTarget;
    } else {
      t.data<std::int32_t>()[i] = kIgnoredLabel;
    }
  }
  return t;
}

// Plain, smoothed with class weights, and focused, where targets are ids.
std::vector<LossOptions> loss_options(bool from_logits, std::size_t classes,
                                      bool ids = true) {
  std::vector<float> weights;
  for (std::size_t c = 0; c < classes; ++c) {
    weights.push_back(static_cast<float>(c % 5) / 2);
  }
  std::vector<LossOptions> options{{.from_logits = from_logits},
                                   {.from_logits = from_logits,
                                    .label_smoothing = 0.15,
                                    .class_weights = weights}};
  if (ids) {
    options.push_back(
        {.from_logits = from_logits, .class_weights = weights, .gamma = 2.5});
  }
  return options;
}

TEST(KernelLoss, BinaryFromProbabilitiesAndLogits) {
  for (const Shape& shape : std::vector<Shape>{
           {1}, {5, 1}, {2, 9, 7, 1}, {3, 16}, {16, 61, 61, 1}}) {
    for (const DType dtype : {DType::uint8, DType::int32}) {
      const auto t = targets(shape, dtype, 2);
      const auto logits = random_tensor(shape, kFloat, 1, -30, 30);
      const auto probabilities = random_tensor(shape, kFloat, 2, 0.001, 0.999);
      for (const bool from_logits : {false, true}) {
        const auto& p = from_logits ? logits : probabilities;
        for (const LossOptions& options : loss_options(from_logits, 2)) {
          check_kernel(BinaryCrossentropy{options}, {p, t}, tolerance(options));
          check_kernel(BinaryCrossentropyGradient{options}, {dloss(), p, t},
                       tolerance(options));
        }
      }
    }
  }
}

TEST(KernelLoss, BinaryAtItsBounds) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto t = Tensor::from<std::uint8_t>({6}, {0, 1, 0, 1, 255, 255});
  const auto p = Tensor::from<float>({6}, {0, 0, 1, 1, 0, 1});
  check_kernel(BinaryCrossentropy{}, {p, t}, kTolerance);
  check_kernel(BinaryCrossentropyGradient{}, {dloss(), p, t}, kTolerance);
  const auto x = Tensor::from<float>(
      {6}, {-1000, 1000, 1000, -1000, kInfinity, -kInfinity});
  check_kernel(BinaryCrossentropy{.options = {.from_logits = true}}, {x, t},
               kTolerance);
  check_kernel(BinaryCrossentropyGradient{.options = {.from_logits = true}},
               {dloss(), x, t}, kTolerance);
}

// Checks the loss and its gradient from probabilities and from logits.
void check_categorical(const Shape& shape, const Tensor& t) {
  const auto logits = random_tensor(shape, kFloat, 4, -20, 20);
  const auto probabilities = random_tensor(shape, kFloat, 5, 0.01, 1);
  for (const bool from_logits : {false, true}) {
    const auto& p = from_logits ? logits : probabilities;
    for (const LossOptions& options :
         loss_options(from_logits, static_cast<std::size_t>(shape.back()),
                      t.dtype() != kFloat)) {
      check_kernel(CategoricalCrossentropy{options}, {p, t},
                   tolerance(options));
      check_kernel(CategoricalCrossentropyGradient{options}, {dloss(), p, t},
                   tolerance(options));
    }
  }
}

TEST(KernelLoss, CategoricalOfClassIds) {
  for (const DType dtype : {DType::uint8, DType::int32}) {
    for (const Shape& shape : std::vector<Shape>{
             {1, 2}, {5, 3}, {2, 9, 7, 21}, {3, 250}, {4, 40, 40, 5}}) {
      const auto classes = static_cast<std::uint32_t>(shape.back());
      Shape rows = shape;
      rows[rows.rank() - 1] = 1;
      check_categorical(shape, targets(rows, dtype, classes));
    }
  }
  check_categorical({9, 1000}, targets({9, 1}, DType::int32, 1000));
}

TEST(KernelLoss, CategoricalOfDistributions) {
  for (const Shape& shape :
       std::vector<Shape>{{1, 2}, {5, 3}, {2, 9, 7, 21}, {9, 1000}}) {
    const auto t = random_tensor(shape, kFloat, 6, 0, 1);
    // Every fourth row is to ignore.
    for (std::int64_t i = 0; i < t.elements(); i += 4 * shape.back()) {
      std::fill_n(t.data<float>() + i, shape.back(), 0.0F);
    }
    check_categorical(shape, t);
  }
}

TEST(KernelLoss, DiceOfOneClassAndOfMany) {
  for (const DType dtype : {DType::uint8, DType::int32}) {
    for (const Shape& shape : std::vector<Shape>{{1, 1},
                                                 {5, 1},
                                                 {16, 61, 61, 1},
                                                 {5, 3},
                                                 {2, 9, 7, 21},
                                                 {3, 250},
                                                 {4, 40, 40, 5}}) {
      const auto classes = static_cast<std::uint32_t>(shape.back());
      Shape rows = shape;
      rows[rows.rank() - 1] = 1;
      const Tensor t = targets(rows, dtype, std::max(classes, 2U));
      for (const bool per_class : {false, true}) {
        check_kernel(Dice{.per_class = per_class},
                     {random_tensor(shape, kFloat, 30, 0, 1), t}, kTolerance);
      }
      check_kernel(DiceGradient{shape},
                   {dloss(), random_tensor({shape.back(), 2}, kFloat, 31), t},
                   1e-7);
    }
  }
}

TEST(KernelLoss, DiceOfWhatIsNoClassIsNoNumber) {
  const auto t = Tensor::from<std::uint8_t>({3}, {0, 4, 1});
  const auto p = random_tensor({3, 4}, kFloat, 32, 0, 1);
  for (const bool per_class : {false, true}) {
    const auto loss = kernel_outputs(Dice{.per_class = per_class}, {p, t})[0];
    EXPECT_TRUE(std::isnan(loss.data<float>()[0]));
  }
  const auto dp = kernel_outputs(
      DiceGradient{{3, 4}}, {dloss(), random_tensor({4, 2}, kFloat, 33), t})[0];
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(dp.values<float>()[i], 0);
}

TEST(KernelLoss, IsZeroWhereEverythingIsIgnored) {
  const auto t = Tensor::from<std::uint8_t>({3}, {255, 255, 255});
  const auto p = random_tensor({3}, kFloat, 6, 0, 1);
  EXPECT_EQ(kernel_outputs(BinaryCrossentropy{}, {p, t})[0].data<float>()[0],
            0);
  const auto gradient =
      kernel_outputs(BinaryCrossentropyGradient{}, {dloss(), p, t})[0];
  for (const float value : gradient.values<float>()) EXPECT_EQ(value, 0);
  const auto rows = random_tensor({3, 4}, kFloat, 7);
  const CategoricalCrossentropy categorical{.options = {.from_logits = true}};
  EXPECT_EQ(kernel_outputs(categorical, {rows, t})[0].data<float>()[0], 0);
  EXPECT_EQ(kernel_outputs(Dice{}, {rows, t})[0].data<float>()[0], 0);
}

TEST(KernelLoss, IsNoNumberWhereAPredictionIsNone) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const auto t = Tensor::from<std::uint8_t>({4}, {0, 1, 0, 1});
  auto p = random_tensor({4}, kFloat, 8, 0, 1);
  p.values<float>()[2] = kNaN;
  for (const bool from_logits : {false, true}) {
    const auto loss = kernel_outputs(
        BinaryCrossentropy{.options = {.from_logits = from_logits}}, {p, t});
    EXPECT_TRUE(std::isnan(loss[0].data<float>()[0])) << from_logits;
  }
  auto rows = random_tensor({4, 5}, kFloat, 9, 0, 1);
  rows.values<float>()[7] = kNaN;
  for (const bool from_logits : {false, true}) {
    const auto loss = kernel_outputs(
        CategoricalCrossentropy{.options = {.from_logits = from_logits}},
        {rows, t});
    EXPECT_TRUE(std::isnan(loss[0].data<float>()[0])) << from_logits;
  }
}

TEST(KernelMetric, CountsPredictions) {
  const auto binary = random_tensor({7, 31, 33, 1}, kFloat, 10, 0, 1);
  check_kernel(ConfusionMatrix{},
               {binary, targets({7, 31, 33, 1}, DType::uint8, 2)}, 0);
  check_kernel(ConfusionMatrix{.threshold = 0.1},
               {binary, targets({7, 31, 33}, DType::int32, 2)}, 0);
  check_kernel(ConfusionMatrix{.classes = 21},
               {random_tensor({3, 30, 30, 21}, kFloat, 11),
                targets({3, 30, 30}, DType::uint8, 21)},
               0);
}

TEST(KernelMetric, SaysWhatIsPredicted) {
  check_kernel(PredictedClass{}, {random_tensor({70, 1}, kFloat, 12)}, 0);
  check_kernel(PredictedClass{}, {random_tensor({70, 300}, kFloat, 13)}, 0);
  const auto t = random_tensor({70, 13}, kFloat, 14, 0, 1);
  std::fill_n(t.data<float>() + 26, 13, 0.0F);
  check_kernel(PredictedClass{.ignore_zeros = true}, {t}, 0);
}

TEST(KernelMetric, CountsTheLargest) {
  for (const DType dtype : {DType::uint8, DType::int32}) {
    check_kernel(
        TopK{},
        {random_tensor({600, 100}, kFloat, 15), targets({600, 1}, dtype, 100)},
        0);
    check_kernel(
        TopK{.k = 2},
        {random_tensor({3, 5, 3}, kFloat, 16), targets({3, 5}, dtype, 3)}, 0);
  }
}

// Inputs for an optimizer that keeps so much of each weight.
std::vector<Tensor> optimizer_inputs(std::int64_t iteration, std::size_t slots,
                                     bool scaled) {
  const std::vector<Shape> shapes{{1},        {3, 3, 5, 7}, {64},
                                  {200, 113}, {17},         {9000}};
  std::vector<Tensor> inputs{Tensor::from<std::int64_t>({1}, {iteration}),
                             Tensor::from<float>({1}, {0.001F})};
  if (scaled) {
    inputs.push_back(random_tensor({6}, kFloat, 19, 0.1, 1));
  }
  std::uint64_t seed = 20;
  for (const Shape& shape : shapes) {
    inputs.push_back(random_tensor(shape, kFloat, ++seed));
    inputs.push_back(random_tensor(shape, kFloat, ++seed));
    for (std::size_t k = 0; k < slots; ++k) {
      // The mean of squares is at least the square of the mean.
      inputs.push_back(k == 0 ? random_tensor(shape, kFloat, ++seed, 0.3, 0.4)
                              : random_tensor(shape, kFloat, ++seed, 0, 0.1));
    }
  }
  return inputs;
}

const std::vector<UpdateOptions> kUpdates{
    {},
    {.scaled = true, .weight_decay = 0.1, .undecayed = {1, 3}},
    {.accumulation_steps = 4, .clip_value = 0.1},
    {.joined_after = {0, 0, 100, 0, 0, 7}},
};

// Each of `update` at iterations that do something, and at some that don't.
template <class O>
void check_updates(const std::vector<O>& optimizers) {
  for (O optimizer : optimizers) {
    for (const UpdateOptions& update : kUpdates) {
      optimizer.update = update;
      for (const std::int64_t iteration : {101, 999, 1000, 1000003}) {
        check_kernel(
            optimizer,
            optimizer_inputs(iteration, optimizer.slots(), update.scaled),
            2e-6);
      }
    }
  }
}

TEST(KernelOptimizer, AdamMovesEveryWeight) {
  check_updates(std::vector<Adam>{{}, {.beta_1 = 0.5}});
}

TEST(KernelOptimizer, SGDMovesEveryWeight) {
  check_updates(std::vector<SGD>{
      {}, {.momentum = 0.9}, {.momentum = 0.9, .nesterov = true}});
}

TEST(KernelOptimizer, RMSpropMovesEveryWeight) {
  check_updates(std::vector<RMSprop>{
      {},
      {.momentum = 0.5},
      {.centered = true},
      {.rho = 0.7, .momentum = 0.5, .epsilon = 1e-3, .centered = true}});
}

TEST(KernelOptimizer, LionMovesEveryWeight) {
  check_updates(std::vector<Lion>{{}, {.beta_1 = 0.5, .beta_2 = 0.9}});
}

TEST(KernelOptimizer, GradientsAccumulateAndAreScaled) {
  std::vector<Tensor> pairs = optimizer_inputs(0, 0, false);
  pairs.erase(pairs.begin(), pairs.begin() + 2);
  check_kernel(AccumulateGradients{}, pairs, 0);
  for (const bool global : {false, true}) {
    for (const double limit : {0.5, 40.0, 1e4}) {
      check_kernel(
          GradientScales{
              .limit = limit, .global = global, .accumulation_steps = 3},
          pairs, 2e-6);
    }
  }
}

TEST(KernelOptimizer, AveragesFollowTheWeights) {
  std::vector<Tensor> inputs = optimizer_inputs(0, 0, false);
  inputs.erase(inputs.begin() + 1);
  for (const std::int64_t iteration : {0, 2, 3, 1000}) {
    inputs[0] = Tensor::from<std::int64_t>({1}, {iteration});
    check_kernel(WeightAverages{.momentum = 0.9, .accumulation_steps = 3},
                 inputs, 1e-6);
  }
}

}  // namespace
}  // namespace lathe::graph
