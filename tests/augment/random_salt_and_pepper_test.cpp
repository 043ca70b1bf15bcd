#include "augment/random_salt_and_pepper.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// Whole pixels, as often as told: within five standard deviations of 40,000.
TEST(RandomSaltAndPepper, MakesPixelsWhiteAndBlack) {
  const std::vector<float> before(120000, 100);
  const std::vector<float> seen =
      applied_rgb(RandomSaltAndPepper{.amount = 0.1, .salt = 0.25}, before);
  int white = 0;
  int black = 0;
  for (std::size_t i = 0; i < seen.size(); i += 3) {
    ASSERT_EQ(seen[i], seen[i + 1]);
    ASSERT_EQ(seen[i], seen[i + 2]);
    white += seen[i] == 255 ? 1 : 0;
    black += seen[i] == 0 ? 1 : 0;
    ASSERT_TRUE(seen[i] == 255 || seen[i] == 0 || seen[i] == 100);
  }
  EXPECT_NEAR(white, 1000, 5 * std::sqrt(975.0));
  EXPECT_NEAR(black, 3000, 5 * std::sqrt(2775.0));
}

TEST(RandomSaltAndPepper, DrawsAmountAndSalt) {
  const auto rows = many_drawn(
      RandomSaltAndPepper{.amount = {0.1, 0.2}, .salt = {0, 1}, .p = 0.5F});
  const auto done = column(rows, 0, [](auto& row) { return row[0] != 0; });
  expect_binomial(done.size(), 0.5);
  expect_uniform(done, 0.1, 0.2);
  expect_uniform(column(rows, 1), 0, 1);
  expect_uniform(column(rows, 2), 0, 0x1p24);
}

TEST(RandomSaltAndPepper, RefusesMoreThanAll) {
  EXPECT_THROW(Augmentation(RandomSaltAndPepper{.amount = 1.1}), Error);
  EXPECT_THROW(Augmentation(RandomSaltAndPepper{.salt = {-1, 0}}), Error);
}

}  // namespace
}  // namespace lathe::augment
