#include "augment/random_gaussian_blur.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// A dot becomes the weights, which fall by exp(-1 / 2) next to the middle.
TEST(RandomGaussianBlur, SpreadsADot) {
  std::vector<float> dot(49);
  dot[24] = 200;
  const std::vector<float> seen =
      applied(RandomGaussianBlur{.sigma = 1, .kernel_size = 5}, dot, 7);
  EXPECT_NEAR(seen[25] / seen[24], std::exp(-0.5), 1e-5);
  EXPECT_NEAR(seen[32] / seen[24], std::exp(-1.0), 1e-5);
  EXPECT_NEAR(seen[26] / seen[24], std::exp(-2.0), 1e-5);
  EXPECT_EQ(seen[27], 0);
  float sum = 0;
  for (const float value : seen) sum += value;
  EXPECT_NEAR(sum, 200, 1e-3);
  EXPECT_EQ(applied(RandomGaussianBlur{.p = 0}, dot, 7), dot);
}

TEST(RandomGaussianBlur, DrawsBothSigmasAndTheSize) {
  const auto rows = many_drawn(
      RandomGaussianBlur{.sigma = {0.5, 2}, .kernel_size = {3, 9}, .p = 0.5F});
  expect_uniform(column(rows, 1), 0.5, 2);
  expect_uniform(column(rows, 2), 0.5, 2);
  for (const float size : {3.0F, 5.0F, 7.0F, 9.0F}) {
    expect_binomial(
        column(rows, 0, [&](auto& row) { return row[0] == size; }).size(),
        0.125);
  }
}

TEST(RandomGaussianBlur, RefusesNoWidthAndEvenKernels) {
  EXPECT_THROW(Augmentation(RandomGaussianBlur{.sigma = 0}), Error);
  EXPECT_THROW(Augmentation(RandomGaussianBlur{.kernel_size = 4}), Error);
  EXPECT_THROW(Augmentation(RandomGaussianBlur{.kernel_size = 65}), Error);
  EXPECT_THROW(Augmentation(RandomGaussianBlur{.fill_mode = FillMode::wrap}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
