#include "augment/random_brightness.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// 0.2 of the way from 0 to 255 is 51.
TEST(RandomBrightness, AddsAPartOfTheRangeAndClips) {
  const std::vector<float> seen =
      applied(RandomBrightness{.factor = {0.2, 0.2}}, {0, 10, 204, 255}, 2);
  const std::vector<float> expected{51, 61, 255, 255};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(seen[i], expected[i], 2e-5);
  EXPECT_EQ(applied(RandomBrightness{.factor = {-1, -1}}, {0, 10, 204, 255}, 2),
            (std::vector<float>{0, 0, 0, 0}));
}

// A uniform on [-0.3, 0.3): its mean has a standard error of 0.0017 over 10,000
// draws, and both ends come within 0.001.
TEST(RandomBrightness, ShiftsAreUniform) {
  double sum = 0;
  float low = 0;
  float high = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const float shift = drawn(RandomBrightness{.factor = 0.3}, 1, sample)[0];
    sum += shift;
    low = std::min(low, shift);
    high = std::max(high, shift);
  }
  EXPECT_NEAR(sum / 10000, 0, 0.009);
  EXPECT_NEAR(low, -0.3, 0.001);
  EXPECT_NEAR(high, 0.3, 0.001);
}

TEST(RandomBrightness, RefusesMoreThanTheRange) {
  EXPECT_THROW(Augmentation(RandomBrightness{.factor = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
