#include "augment/random_grid_mask.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// Cells of 4 pixels, half of them erased in either direction.
TEST(RandomGridMask, ErasesASquareInEachCell) {
  const std::vector<float> seen =
      applied(RandomGridMask{.unit = 0.5, .fill_value = 1},
              std::vector<float>(64, 9), 8);
  EXPECT_EQ(std::ranges::count(seen, 255.0F), 16);
  EXPECT_EQ(std::ranges::count(seen, 9.0F), 48);
  EXPECT_EQ(applied(RandomGridMask{.p = 0}, {1, 2, 3, 4}, 2),
            (std::vector<float>{1, 2, 3, 4}));
}

TEST(RandomGridMask, StartsWhereTold) {
  FilterStep step;
  const std::array<float, 4> row{0.5F, 0.25F, 0.5F, 0.75F};
  RandomGridMask{.masks = true}.filters(row, {.height = 8, .width = 20},
                                        {&step, 1});
  EXPECT_EQ(step.numbers, (std::array<float, 7>{4, 1, 2, 3, 0, -1, 1}));
  EXPECT_TRUE(erases(step, 2, 3));
  EXPECT_TRUE(erases(step, 6, 7));
  EXPECT_FALSE(erases(step, 3, 3));
  EXPECT_FALSE(erases(step, 2, 0));
}

TEST(RandomGridMask, DrawsCellsAndOffsets) {
  const auto rows = many_drawn(
      RandomGridMask{.unit = {0.2, 0.6}, .ratio = {0.4, 0.8}, .p = 0.7F});
  expect_uniform(column(rows, 0), 0.2, 0.6);
  const auto done = column(rows, 1, [](auto& row) { return row[1] != 0; });
  expect_binomial(done.size(), 0.7);
  expect_uniform(done, 0.4, 0.8);
  expect_uniform(column(rows, 2), 0, 1);
  expect_uniform(column(rows, 3), 0, 1);
}

TEST(RandomGridMask, RefusesWhatIsNoPart) {
  EXPECT_THROW(Augmentation(RandomGridMask{.unit = 2}), Error);
  EXPECT_THROW(Augmentation(RandomGridMask{.ratio = -1}), Error);
}

}  // namespace
}  // namespace lathe::augment
