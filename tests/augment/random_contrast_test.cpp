#include "augment/random_contrast.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// The mean is 4; all numbers are exact.
TEST(RandomContrast, MovesValuesAwayFromTheirMean) {
  EXPECT_EQ(applied(RandomContrast{.factor = {0.5, 0.5}}, {2, 3, 4, 7}, 2),
            (std::vector<float>{1, 2.5, 4, 8.5}));
  EXPECT_EQ(applied(RandomContrast{.factor = {-1, -1}}, {2, 3, 4, 7}, 2),
            (std::vector<float>{4, 4, 4, 4}));
}

TEST(RandomContrast, ClipsToBlackAndWhite) {
  EXPECT_EQ(applied(RandomContrast{.factor = {1, 1}}, {0, 255, 0, 255}, 2),
            (std::vector<float>{0, 255, 0, 255}));
}

// Keras, given one number, never lowers a contrast. A uniform on [0.8, 1.2):
// its mean has a standard error of 0.0012 over 10,000 draws, and both ends come
// within 0.001.
TEST(RandomContrast, ASingleNumberGoesBothWays) {
  double sum = 0;
  float low = 1;
  float high = 1;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const float factor = drawn(RandomContrast{.factor = 0.2}, 1, sample)[0];
    sum += factor;
    low = std::min(low, factor);
    high = std::max(high, factor);
  }
  EXPECT_NEAR(sum / 10000, 1, 0.006);
  EXPECT_NEAR(low, 0.8, 0.001);
  EXPECT_NEAR(high, 1.2, 0.001);
}

TEST(RandomContrast, RefusesMoreThanItsRange) {
  EXPECT_THROW(Augmentation(RandomContrast{.factor = {-1.5, 0}}), Error);
  EXPECT_THROW(Augmentation(RandomContrast{.factor = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
