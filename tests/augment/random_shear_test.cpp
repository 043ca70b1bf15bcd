#include "augment/random_shear.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// What Keras was seen to do: with a slope of -0.25, row 4 shifts right by one.
TEST(RandomShear, SlantsAboutTheFirstPixel) {
  const RandomShear shear{.x_factor = {-0.25, -0.25},
                          .fill_mode = FillMode::constant};
  EXPECT_EQ(applied(shear, {1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6}, 3),
            (std::vector<float>{1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5}));
  const std::array<float, 2> row{0.5F, 0.25F};
  EXPECT_EQ(shear.matrix(row, {.height = 5, .width = 3}).m,
            (std::array<double, 9>{1, 0.25, 0, 0.5, 1, 0, 0, 0, 1}));
}

TEST(RandomShear, RefusesSteeperThanOne) {
  EXPECT_THROW(Augmentation(RandomShear{.x_factor = 1.5}), Error);
  EXPECT_THROW(Augmentation(RandomShear{.y_factor = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
