#include "augment/random_sharpness.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// Smoothed: (8 * 13 + 5 * 39) / 13 = 23, so 16 below the value in the middle.
TEST(RandomSharpness, BlursAndSharpens) {
  const std::vector<float> dot{13, 13, 13, 13, 39, 13, 13, 13, 13};
  EXPECT_NEAR(applied(RandomSharpness{.factor = 0}, dot, 3)[4], 23, 1e-4);
  EXPECT_NEAR(applied(RandomSharpness{.factor = 1}, dot, 3)[4], 55, 1e-4);
  EXPECT_EQ(applied(RandomSharpness{.factor = 0.5}, dot, 3), dot);
  EXPECT_EQ(applied(RandomSharpness{.factor = 1, .p = 0}, dot, 3), dot);
}

// Unlike with Keras' black beyond the border.
TEST(RandomSharpness, AnEvenImageStaysEven) {
  const std::vector<float> grey(20, 100);
  for (const FillMode mode : {FillMode::mirror, FillMode::constant}) {
    const float corner =
        applied(RandomSharpness{.factor = 0.2, .fill_mode = mode}, grey, 5)[0];
    if (mode == FillMode::mirror) {
      EXPECT_NEAR(corner, 100, 1e-4);
    } else {
      EXPECT_LT(corner, 90);
    }
  }
}

TEST(RandomSharpness, DrawsTheFactor) {
  const auto rows = many_drawn(RandomSharpness{.factor = {0, 1}, .p = 0.9F});
  const auto done = column(rows, 0, [](auto& row) { return row[0] != 0.5F; });
  expect_binomial(done.size(), 0.9);
  expect_uniform(done, 0, 1);
}

TEST(RandomSharpness, RefusesFactorsBeyondOneAndWrap) {
  EXPECT_THROW(Augmentation(RandomSharpness{.factor = 1.5}), Error);
  EXPECT_THROW(Augmentation(RandomSharpness{.fill_mode = FillMode::wrap}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
