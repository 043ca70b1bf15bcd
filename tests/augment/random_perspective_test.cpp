#include "augment/random_perspective.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

// Each corner's pixel is seen where the row says, all four of them.
TEST(RandomPerspective, CornersMoveByPartsOfTheExtents) {
  const std::vector<float> row{0.1F,  -0.05F, 0.02F, 0.2F,
                               -0.1F, -0.15F, 0.12F, 0.07F};
  const Geometry geometry(RandomPerspective{}, row, kSpotsSize);
  std::size_t i = 0;
  for (const float y : {0.0F, 40.0F}) {
    for (const float x : {0.0F, 52.0F}) {
      const Position seen = geometry.moved({x, y});
      EXPECT_NEAR(seen.x, x + 52 * row[i], 1e-4);
      EXPECT_NEAR(seen.y, y + 40 * row[i + 1], 1e-4);
      i += 2;
    }
  }
}

TEST(RandomPerspective, SpotsMove) {
  const RandomPerspective perspective{.fill_mode = FillMode::constant};
  for (const std::uint32_t sample : {0U, 1U, 2U}) {
    expect_spots_move(perspective, row_of(perspective, sample), kSpotsSize);
  }
}

// Nothing folds: no denominator of the image's positions changes its sign.
TEST(RandomPerspective, NeverFolds) {
  const RandomPerspective perspective{.scale = 0.49F};
  for (std::uint32_t sample = 0; sample < 1000; ++sample) {
    const Geometry geometry(perspective, row_of(perspective, sample),
                            kSpotsSize);
    const std::array<float, kRowLength> row = augment::row_of(geometry.matrix);
    for (const Position corner :
         {Position{0, 0}, Position{52, 0}, Position{0, 40}, Position{52, 40}}) {
      const Position seen = geometry.moved(corner);
      ASSERT_GT(row[6] * seen.x + row[7] * seen.y + 1, 0) << sample;
    }
  }
}

TEST(RandomPerspective, MovesAreUniformAndAsOftenAsAsked) {
  for (const std::size_t column : {0U, 3U, 7U}) {
    expect_uniform(draws_of(RandomPerspective{.scale = 0.4F}, column), -0.2,
                   0.2);
  }
  expect_share(draws_of(RandomPerspective{.p = 0.3F}, 5), 0.3,
               [](float move) { return move != 0; });
}

TEST(RandomPerspective, NothingIsTheIdentity) {
  const Matrix matrix =
      RandomPerspective{}.matrix(std::vector<float>(8), kSpotsSize);
  EXPECT_EQ(matrix.m, Matrix{}.m);
}

TEST(RandomPerspective, RefusesWhatFolds) {
  EXPECT_THROW(Augmentation(RandomPerspective{.scale = 0.5F}), Error);
  EXPECT_THROW(Augmentation(RandomPerspective{.p = 2}), Error);
}

}  // namespace
}  // namespace lathe::augment
