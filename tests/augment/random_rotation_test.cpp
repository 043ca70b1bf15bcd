#include "augment/random_rotation.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// Keras' own behaviour: a quarter turn takes the top right pixel to the top
// left. The sine of a quarter turn is right to 1e-16, so pixels are too.
TEST(RandomRotation, PositiveIsCounterClockwiseAsDisplayed) {
  const std::vector<float> image{1, 2, 3,  //
                                 4, 5, 6,  //
                                 7, 8, 9};
  EXPECT_EQ(applied(RandomRotation{.factor = {0.25, 0.25}}, image, 3),
            (std::vector<float>{3, 6, 9,  //
                                2, 5, 8,  //
                                1, 4, 7}));
}

TEST(RandomRotation, MatrixIsKeras) {
  const RandomRotation rotation;
  const std::array<float, 1> degrees{30};
  const auto matrix = rotation.matrix(degrees, {.height = 6, .width = 11}).m;
  const double c = std::sqrt(3.0) / 2;
  const double s = 0.5;
  const std::array<double, 9> expected{
      c, -s, 5 - 5 * c + 2.5 * s, s, c, 2.5 - 5 * s - 2.5 * c, 0, 0, 1};
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_NEAR(matrix[i], expected[i], 1e-12);
}

// A uniform on [-36, 36): its mean has a standard error of 20.8 / 100 over
// 10,000 draws, and both ends come within 0.1.
TEST(RandomRotation, AnglesAreUniform) {
  double sum = 0;
  float low = 0;
  float high = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const float degrees = drawn(RandomRotation{.factor = 0.1}, 1, sample)[0];
    sum += degrees;
    low = std::min(low, degrees);
    high = std::max(high, degrees);
  }
  EXPECT_NEAR(sum / 10000, 0, 1.04);
  EXPECT_GE(low, -36);
  EXPECT_LT(low, -35.9);
  EXPECT_LT(high, 36);
  EXPECT_GT(high, 35.9);
}

TEST(RandomRotation, RefusesMoreThanATurn) {
  EXPECT_THROW(Augmentation(RandomRotation{.factor = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
