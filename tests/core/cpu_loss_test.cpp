#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/core/cpu_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_on_cpu;
using testing::random_integers;
using testing::random_tensor;
using testing::run_on_cpu;

constexpr auto kFloat = DType::float32;
// Functions within a few units in the last place, summed in float32 over
// blocks of 1024 in at least 8 lanes and then in float64.
constexpr double kTolerance = 5e-6;

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
      t.data<std::int32_t>()[i] = kIgnoredTarget;
    }
  }
  return t;
}

TEST(CpuLoss, BinaryFromProbabilitiesAndLogits) {
  for (const Shape& shape : std::vector<Shape>{
           {1}, {5, 1}, {2, 9, 7, 1}, {3, 16}, {16, 61, 61, 1}}) {
    const auto t = targets(shape, DType::uint8, 2);
    const auto logits = random_tensor(shape, kFloat, 1, -30, 30);
    auto probabilities = random_tensor(shape, kFloat, 2, 0.001, 0.999);
    check_on_cpu(BinaryCrossentropy{.from_logits = true}, {logits, t},
                 kTolerance);
    check_on_cpu(BinaryCrossentropy{}, {probabilities, t}, kTolerance);
    check_on_cpu(BinaryCrossentropyGradient{.from_logits = true},
                 {dloss(), logits, t}, kTolerance);
    check_on_cpu(BinaryCrossentropyGradient{}, {dloss(), probabilities, t},
                 kTolerance);
  }
}

TEST(CpuLoss, BinaryAtItsBounds) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto t = Tensor::from<std::uint8_t>({6}, {0, 1, 0, 1, 255, 255});
  const auto p = Tensor::from<float>({6}, {0, 0, 1, 1, 0, 1});
  check_on_cpu(BinaryCrossentropy{}, {p, t}, kTolerance);
  check_on_cpu(BinaryCrossentropyGradient{}, {dloss(), p, t}, kTolerance);
  const auto x = Tensor::from<float>(
      {6}, {-1000, 1000, 1000, -1000, kInfinity, -kInfinity});
  check_on_cpu(BinaryCrossentropy{.from_logits = true}, {x, t}, kTolerance);
  check_on_cpu(BinaryCrossentropyGradient{.from_logits = true}, {dloss(), x, t},
               kTolerance);
}

TEST(CpuLoss, CategoricalFromProbabilitiesAndLogits) {
  for (const DType dtype : {DType::uint8, DType::int32}) {
    for (const Shape& shape : std::vector<Shape>{
             {1, 2}, {5, 3}, {2, 9, 7, 21}, {3, 250}, {4, 40, 40, 5}}) {
      const auto classes = static_cast<std::uint32_t>(shape.back());
      Shape rows = shape;
      rows[rows.rank() - 1] = 1;
      const auto t = targets(rows, dtype, classes);
      const auto logits = random_tensor(shape, kFloat, 4, -20, 20);
      const auto p = random_tensor(shape, kFloat, 5, 0.01, 1);
      check_on_cpu(SparseCategoricalCrossentropy{.from_logits = true},
                   {logits, t}, kTolerance);
      check_on_cpu(SparseCategoricalCrossentropy{}, {p, t}, kTolerance);
      check_on_cpu(SparseCategoricalCrossentropyGradient{.from_logits = true},
                   {dloss(), logits, t}, kTolerance);
      check_on_cpu(SparseCategoricalCrossentropyGradient{}, {dloss(), p, t},
                   kTolerance);
    }
  }
}

TEST(CpuLoss, IsZeroWhereEverythingIsIgnored) {
  const auto t = Tensor::from<std::uint8_t>({3}, {255, 255, 255});
  const auto p = random_tensor({3}, kFloat, 6, 0, 1);
  EXPECT_EQ(run_on_cpu(BinaryCrossentropy{}, {p, t})[0].data<float>()[0], 0);
  const auto gradient =
      run_on_cpu(BinaryCrossentropyGradient{}, {dloss(), p, t})[0];
  for (const float value : gradient.values<float>()) EXPECT_EQ(value, 0);
  const auto rows = random_tensor({3, 4}, kFloat, 7);
  const SparseCategoricalCrossentropy categorical{.from_logits = true};
  EXPECT_EQ(run_on_cpu(categorical, {rows, t})[0].data<float>()[0], 0);
}

TEST(CpuLoss, IsNoNumberWhereAPredictionIsNone) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const auto t = Tensor::from<std::uint8_t>({4}, {0, 1, 0, 1});
  auto p = random_tensor({4}, kFloat, 8, 0, 1);
  p.values<float>()[2] = kNaN;
  for (const bool from_logits : {false, true}) {
    const auto loss =
        run_on_cpu(BinaryCrossentropy{.from_logits = from_logits}, {p, t});
    EXPECT_TRUE(std::isnan(loss[0].data<float>()[0])) << from_logits;
  }
  auto rows = random_tensor({4, 5}, kFloat, 9, 0, 1);
  rows.values<float>()[7] = kNaN;
  for (const bool from_logits : {false, true}) {
    const auto loss = run_on_cpu(
        SparseCategoricalCrossentropy{.from_logits = from_logits}, {rows, t});
    EXPECT_TRUE(std::isnan(loss[0].data<float>()[0])) << from_logits;
  }
}

TEST(CpuMetric, CountsPredictions) {
  const auto binary = random_tensor({7, 31, 33, 1}, kFloat, 10, 0, 1);
  check_on_cpu(ConfusionMatrix{},
               {binary, targets({7, 31, 33, 1}, DType::uint8, 2)}, 0);
  check_on_cpu(ConfusionMatrix{.threshold = 0.1},
               {binary, targets({7, 31, 33}, DType::int32, 2)}, 0);
  check_on_cpu(ConfusionMatrix{.classes = 21},
               {random_tensor({3, 30, 30, 21}, kFloat, 11),
                targets({3, 30, 30}, DType::uint8, 21)},
               0);
}

TEST(CpuOptimizer, AdamMovesEveryWeight) {
  for (const std::int64_t iteration : {0, 1, 999, 1000000}) {
    std::vector<Tensor> inputs{Tensor::from<std::int64_t>({1}, {iteration}),
                               Tensor::from<float>({1}, {0.001F})};
    std::uint64_t seed = 20;
    for (const Shape& shape : std::vector<Shape>{
             {1}, {3, 3, 5, 7}, {64}, {200, 113}, {17}, {9000}}) {
      inputs.push_back(random_tensor(shape, kFloat, ++seed));
      inputs.push_back(random_tensor(shape, kFloat, ++seed));
      inputs.push_back(random_tensor(shape, kFloat, ++seed, -0.1, 0.1));
      inputs.push_back(random_tensor(shape, kFloat, ++seed, 0, 0.1));
    }
    check_on_cpu(Adam{}, inputs, 1e-6);
  }
}

}  // namespace
}  // namespace lathe::graph
