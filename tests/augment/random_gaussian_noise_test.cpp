#include "augment/random_gaussian_noise.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// 40,000 values: the mean within five hundredths of a deviation of 25.5, the
// deviation within two.
TEST(RandomGaussianNoise, AddsNoiseOfItsDeviation) {
  const std::vector<float> seen = applied(RandomGaussianNoise{.sigma = 0.1},
                                          std::vector<float>(40000, 120), 200);
  double sum = 0;
  double squares = 0;
  for (const float value : seen) {
    sum += value - 120.0;
    squares += (value - 120.0) * (value - 120.0);
  }
  EXPECT_NEAR(sum / 40000, 0, 0.7);
  EXPECT_NEAR(std::sqrt(squares / 40000), 25.5, 0.5);
  EXPECT_EQ(applied(RandomGaussianNoise{.p = 0}, {1, 2}, 2),
            (std::vector<float>{1, 2}));
}

TEST(RandomGaussianNoise, DrawsSigmaAndSeed) {
  const auto rows =
      many_drawn(RandomGaussianNoise{.sigma = {0.1, 0.3}, .p = 0.4F});
  const auto done = column(rows, 0, [](auto& row) { return row[0] != 0; });
  expect_binomial(done.size(), 0.4);
  expect_uniform(done, 0.1, 0.3);
  expect_uniform(column(rows, 1), 0, 0x1p24);
}

TEST(RandomGaussianNoise, RefusesMoreThanWhite) {
  EXPECT_THROW(Augmentation(RandomGaussianNoise{.sigma = 2}), Error);
}

}  // namespace
}  // namespace lathe::augment
