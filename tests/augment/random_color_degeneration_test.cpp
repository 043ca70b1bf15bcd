#include "augment/random_color_degeneration.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// The grey of (100, 200, 0) is 147.29: a half of the way there.
TEST(RandomColorDegeneration, GoesSomeOfTheWayToGrey) {
  const std::vector<float> seen =
      applied_rgb(RandomColorDegeneration{.factor = 0.5}, {100, 200, 0});
  EXPECT_NEAR(seen[0], 123.645, 1e-3);
  EXPECT_NEAR(seen[1], 173.645, 1e-3);
  EXPECT_NEAR(seen[2], 73.645, 1e-3);
  EXPECT_EQ(applied_rgb(RandomColorDegeneration{.p = 0}, {100, 200, 0}),
            (std::vector<float>{100, 200, 0}));
}

TEST(RandomColorDegeneration, DrawsTheFactor) {
  const auto rows =
      many_drawn(RandomColorDegeneration{.factor = {0.2, 0.8}, .p = 0.5F});
  const auto done = column(rows, 0, [](auto& row) { return row[0] != 0; });
  expect_binomial(done.size(), 0.5);
  expect_uniform(done, 0.2, 0.8);
}

TEST(RandomColorDegeneration, RefusesFactorsBeyondGrey) {
  EXPECT_THROW(Augmentation(RandomColorDegeneration{.factor = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
