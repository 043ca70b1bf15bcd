#include "augment/random_cutout.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

TEST(RandomCutout, ErasesASquareCutByTheBorder) {
  const RandomCutout cutout{.size = 0.5, .fill_value = 1};
  const std::array<float, 3> row{0.1F, 0.5F, 0.5F};
  FilterStep step;
  cutout.filters(row, {.height = 10, .width = 20}, {&step, 1});
  EXPECT_EQ(step.kind, FilterKind::erase);
  EXPECT_EQ(step.numbers, (std::array<float, 7>{0, 3, 5, 8, 1, -1, 0}));
}

TEST(RandomCutout, ErasesPixels) {
  const std::vector<float> seen =
      applied(RandomCutout{.size = 0.4, .holes = 3, .fill_value = 1},
              std::vector<float>(400, 9), 20);
  const auto erased = std::ranges::count(seen, 255.0F);
  EXPECT_GE(erased, 16);
  EXPECT_LE(erased, 3 * 64);
  EXPECT_EQ(applied(RandomCutout{.p = 0}, {1, 2, 3, 4}, 2),
            (std::vector<float>{1, 2, 3, 4}));
}

TEST(RandomCutout, DrawsPlacesSizesAndHoles) {
  const auto rows =
      many_drawn(RandomCutout{.size = {0.2, 0.4}, .holes = {1, 3}, .p = 0.5F});
  expect_uniform(column(rows, 0), 0, 1);
  expect_uniform(column(rows, 4), 0, 1);
  const std::array<double, 3> shares{0.5, 1.0 / 3, 1.0 / 6};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto sizes =
        column(rows, 3 * i + 2, [&](auto& row) { return row[3 * i + 2] != 0; });
    expect_binomial(sizes.size(), shares[i]);
    expect_uniform(sizes, 0.2, 0.4);
  }
}

TEST(RandomCutout, RefusesWhatIsNoPartAndNoNumber) {
  EXPECT_THROW(Augmentation(RandomCutout{.size = 2}), Error);
  EXPECT_THROW(Augmentation(RandomCutout{.holes = 0}), Error);
  EXPECT_THROW(Augmentation(RandomCutout{.holes = 1.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
