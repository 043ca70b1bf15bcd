#include "augment/random_hue.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// A third of a turn takes red to green: one rounding of the third.
TEST(RandomHue, TurnsTheColourCircle) {
  const std::vector<float> seen =
      applied_rgb(RandomHue{.factor = {1.0 / 3, 1.0 / 3}}, {200, 50, 50});
  EXPECT_NEAR(seen[0], 50, 1e-3);
  EXPECT_NEAR(seen[1], 200, 1e-3);
  EXPECT_NEAR(seen[2], 50, 1e-3);
  EXPECT_EQ(applied_rgb(RandomHue{.factor = {0.5, 0.5}}, {70, 70, 70}),
            (std::vector<float>{70, 70, 70}));
}

TEST(RandomHue, RefusesMoreThanHalfATurn) {
  EXPECT_THROW(Augmentation(RandomHue{.factor = 0.6}), Error);
}

}  // namespace
}  // namespace lathe::augment
