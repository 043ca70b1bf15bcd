#include "augment/random_zoom.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

const std::vector<float> kRamp{0, 1, 2, 3, 4, 5, 6, 7, 8};

// What Keras was seen to give for this ramp; all numbers are exact.
TEST(RandomZoom, RampsAreThoseOfKeras) {
  EXPECT_EQ(applied(RandomZoom{.height_factor = {0, 0},
                               .width_factor = Factor(-0.5, -0.5)},
                    kRamp, 9),
            (std::vector<float>{2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6}));
  EXPECT_EQ(applied(RandomZoom{.height_factor = {0, 0},
                               .width_factor = Factor(0.5, 0.5)},
                    kRamp, 9),
            (std::vector<float>{1, 0, 1, 2.5, 4, 5.5, 7, 8, 7}));
}

TEST(RandomZoom, DrawsTheHeightFirstAndTheWidthTakesIt) {
  const std::vector<float> together = drawn(RandomZoom{}, 1, 5);
  EXPECT_EQ(together[0], together[1]);
  const std::vector<float> apart =
      drawn(RandomZoom{.width_factor = Factor(0.2)}, 1, 5);
  EXPECT_EQ(apart[0], together[0]);
  EXPECT_NE(apart[1], together[1]);
  for (const float zoom : apart) {
    EXPECT_GE(zoom, 0.8F);
    EXPECT_LT(zoom, 1.2F);
  }
}

TEST(RandomZoom, RefusesASinglePixelAndMoreThanTwice) {
  EXPECT_THROW(Augmentation(RandomZoom{.height_factor = {-1, 0}}), Error);
  EXPECT_THROW(Augmentation(RandomZoom{.height_factor = {0, 1.1}}), Error);
  EXPECT_THROW(Augmentation(RandomZoom{.width_factor = Factor(2)}), Error);
}

}  // namespace
}  // namespace lathe::augment
