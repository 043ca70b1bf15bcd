#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/kernel_check.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_integers;
using testing::random_tensor;

// Statistics are float32 sums of at most 128 rows joined in float64, so they
// err by a few 1e-7; an output multiplies that by its distance from the mean
// in deviations, a few. Highway's functions add 4 units in the last place.
constexpr double kTolerance = 5e-6;

const std::vector<ActivationKind> kKinds{
    ActivationKind::linear, ActivationKind::relu, ActivationKind::sigmoid,
    ActivationKind::swish, ActivationKind::tanh};

struct Case {
  Shape shape;
  std::vector<ActivationKind> kinds;
};

// All activations on small shapes. What larger ones are there for, how they are
// divided, has nothing to do with them.
const std::vector<Case> kCases{{{7, 1}, kKinds},
                               {{1, 3, 5, 3}, kKinds},
                               {{2, 9, 11, 16}, kKinds},
                               {{3, 7, 5, 24}, kKinds},
                               {{2, 8, 8, 64}, {ActivationKind::tanh}},
                               {{5, 13, 13, 65}, {ActivationKind::linear}},
                               {{2, 33, 31, 40}, {ActivationKind::relu}},
                               {{4, 1280}, {ActivationKind::swish}},
                               {{300, 17}, {ActivationKind::sigmoid}},
                               {{16, 41, 41, 1}, {ActivationKind::swish}}};

// x, gamma, beta of a layer, and a residual.
struct Layer {
  Tensor x;
  Tensor gamma;
  Tensor beta;
  Tensor residual;

  explicit Layer(const Shape& shape)
      : x(random_tensor(shape, kFloat, 1, -1, 3)),
        gamma(random_tensor({shape.back()}, kFloat, 2, 0.5, 1.5)),
        beta(random_tensor({shape.back()}, kFloat, 3)),
        residual(random_tensor(shape, kFloat, 4)) {}
};

TEST(KernelNormalization, NormalizesABatch) {
  for (const auto& [shape, kinds] : kCases) {
    const Layer layer(shape);
    for (const ActivationKind kind : kinds) {
      check_kernel(BatchNormalization{.activation = kind},
                   {layer.x, layer.gamma, layer.beta}, kTolerance);
      check_kernel(
          BatchNormalization{
              .epsilon = 1e-5, .activation = kind, .residual = true},
          {layer.x, layer.gamma, layer.beta, layer.residual}, kTolerance);
    }
  }
}

TEST(KernelNormalization, PutsItselfIntoWeights) {
  for (const std::int64_t inner : {1, 6}) {
    const auto channel = [](std::uint64_t seed, double least) {
      return random_tensor({9}, kFloat, seed, least, 1.5);
    };
    std::vector<Tensor> inputs{random_tensor({3, 2, 9, inner}, kFloat, 1),
                               channel(2, 0.5), channel(3, -1), channel(4, -1),
                               channel(5, 0.1)};
    check_kernel(NormalizedWeights{.inner = inner}, inputs, kTolerance);
    inputs.push_back(channel(6, -1));
    check_kernel(NormalizedWeights{.inner = inner}, inputs, kTolerance);
  }
}

TEST(KernelNormalization, GradientsOfABatch) {
  for (const auto& [shape, kinds] : kCases) {
    const Layer layer(shape);
    const auto statistics = kernel_outputs(BatchNormalization{},
                                           {layer.x, layer.gamma, layer.beta});
    for (const ActivationKind kind : kinds) {
      // An element that relu's kink separates in the two roundings would
      // differ wholly; the seeds have none.
      std::vector<Tensor> inputs{random_tensor(shape, kFloat, 5),
                                 layer.x,
                                 layer.gamma,
                                 layer.beta,
                                 statistics[1],
                                 statistics[2]};
      check_kernel(BatchNormalizationGradient{.activation = kind}, inputs,
                   kTolerance);
      inputs.push_back(layer.residual);
      check_kernel(
          BatchNormalizationGradient{.activation = kind, .residual = true},
          inputs, kTolerance);
    }
  }
}

TEST(KernelNormalization, NormalizesWithGivenStatistics) {
  for (const auto& [shape, kinds] : kCases) {
    const Layer layer(shape);
    const auto mean = random_tensor({shape.back()}, kFloat, 6);
    const auto variance = random_tensor({shape.back()}, kFloat, 7, 0.1, 2);
    for (const ActivationKind kind : kinds) {
      std::vector<Tensor> inputs{layer.x, layer.gamma, layer.beta, mean,
                                 variance};
      check_kernel(FixedNormalization{.activation = kind}, inputs, kTolerance);
      inputs.push_back(layer.residual);
      check_kernel(FixedNormalization{.activation = kind, .residual = true},
                   inputs, kTolerance);
    }
    check_kernel(
        FixedNormalizationGradient{},
        {random_tensor(shape, kFloat, 8), layer.x, layer.gamma, mean, variance},
        kTolerance);
  }
}

TEST(KernelNormalization, KeepsTheDigitsOfASmallVarianceFarFromZero) {
  // Values near 1000 with a deviation near 0.3: the sum of squares in float32
  // would leave no digit of the variance.
  const auto x = random_tensor({16, 37, 37, 19}, kFloat, 9, 999.5, 1000.5);
  const Tensor gamma = random_tensor({19}, kFloat, 10, 0.5, 1.5);
  const Tensor beta = random_tensor({19}, kFloat, 11);
  const auto outputs = kernel_outputs(BatchNormalization{}, {x, gamma, beta});
  for (std::size_t c = 0; c < 19; ++c) {
    double sum = 0;
    double squares = 0;
    const std::size_t count = 16 * 37 * 37;
    for (std::size_t i = 0; i < count; ++i) {
      sum += x.values<float>()[i * 19 + c];
    }
    const double mean = sum / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double distance = x.values<float>()[i * 19 + c] - mean;
      squares += distance * distance;
    }
    const double variance = squares / static_cast<double>(count);
    EXPECT_NEAR(outputs[1].values<float>()[c], mean, 1e-4);
    EXPECT_NEAR(outputs[2].values<float>()[c], variance, 1e-5 * variance);
  }
}

TEST(KernelNormalization, MovesStatistics) {
  for (const double warm_up : {-1.0, 0.0, 4.0}) {
    check_kernel(
        MovingStatistics{.momentum = 0.9, .warm_up = warm_up},
        {Tensor::from<std::int64_t>({1}, {3}), random_tensor({37}, kFloat, 12),
         random_tensor({37}, kFloat, 13), random_tensor({37}, kFloat, 14, 0, 1),
         random_tensor({37}, kFloat, 15, 0, 1),
         random_tensor({5000}, kFloat, 16), random_tensor({5000}, kFloat, 17)},
        1e-6);
  }
}

}  // namespace
}  // namespace lathe::graph
