#include "augment/random_translation.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// What Keras was seen to give for this ramp; all numbers are exact. The fill
// value is in units of a white of 255 there.
TEST(RandomTranslation, RampIsThatOfKeras) {
  const std::vector<float> ramp{0, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> seen =
      applied(RandomTranslation{.height_factor = {0, 0},
                                .width_factor = Factor(0.25, 0.25),
                                .fill_mode = FillMode::constant,
                                .fill_value = -1.0F / 255},
              ramp, 9);
  const std::vector<float> expected{-1,   -1,   -0.25, 0.75, 1.75,
                                    2.75, 3.75, 4.75,  5.75};
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(seen[i], expected[i], 1e-6);
}

TEST(RandomTranslation, PositiveIsDownAndToTheRight) {
  EXPECT_EQ(applied(RandomTranslation{.height_factor = {0.5, 0.5},
                                      .width_factor = Factor(0.5, 0.5),
                                      .fill_mode = FillMode::nearest},
                    {1, 2, 3, 4}, 2),
            (std::vector<float>{1, 1, 1, 1}));
}

TEST(RandomTranslation, WidthIsDrawnApartFromTheSameRange) {
  const std::vector<float> row = drawn(RandomTranslation{}, 1, 5);
  EXPECT_NE(row[0], row[1]);
  EXPECT_EQ(row, drawn(RandomTranslation{.width_factor = Factor(0.1)}, 1, 5));
}

TEST(RandomTranslation, RefusesMoreThanTheImage) {
  EXPECT_THROW(Augmentation(RandomTranslation{.height_factor = 1.1}), Error);
  EXPECT_THROW(Augmentation(RandomTranslation{.width_factor = Factor(-2, 0)}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
