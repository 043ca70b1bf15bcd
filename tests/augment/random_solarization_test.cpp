#include "augment/random_solarization.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// 0.4 of the way to white is 102.
TEST(RandomSolarization, InvertsFromTheThresholdOn) {
  EXPECT_EQ(
      applied(RandomSolarization{.threshold = 0.4}, {0, 101, 103, 255}, 2),
      (std::vector<float>{0, 101, 152, 0}));
  EXPECT_EQ(
      applied(RandomSolarization{.threshold = 0, .p = 0}, {0, 1, 2, 255}, 2),
      (std::vector<float>{0, 1, 2, 255}));
}

TEST(RandomSolarization, RefusesThresholdsBeyondWhite) {
  EXPECT_THROW(Augmentation(RandomSolarization{.threshold = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
