#include "augment/random_grid_distortion.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

// Cells of 20 pixels show 10 and 30 of the 40: edges are half a pixel beside
// the pixels' centres.
TEST(RandomGridDistortion, CellsShowTheirParts) {
  const RandomGridDistortion distortion{.steps = 2};
  const Geometry geometry(distortion, {0.5F, 1.5F, 1, 1},
                          {.height = 10, .width = 40});
  EXPECT_NEAR(warped_position(geometry.warp, {19.5F, 3}).x, 9.5, 1e-5);
  EXPECT_NEAR(warped_position(geometry.warp, {39.5F, 3}).x, 39.5, 1e-5);
  EXPECT_NEAR(warped_position(geometry.warp, {9.5F, 3}).x, 4.5, 1e-5);
  EXPECT_NEAR(warped_position(geometry.warp, {9.5F, 3}).y, 3, 1e-5);
}

TEST(RandomGridDistortion, SpotsMove) {
  const RandomGridDistortion distortion{.steps = 3,
                                        .fill_mode = FillMode::constant};
  for (const std::uint32_t sample : {0U, 1U, 2U}) {
    expect_spots_move(distortion, row_of(distortion, sample), kSpotsSize);
  }
}

TEST(RandomGridDistortion, NumbersAreUniformAndAsOftenAsAsked) {
  const RandomGridDistortion distortion{.factor = {-0.2, 0.5}};
  expect_uniform(draws_of(distortion, 0), 0.8, 1.5);
  expect_uniform(draws_of(distortion, 9), 0.8, 1.5);
  expect_share(draws_of(RandomGridDistortion{.p = 0.3F}, 4), 0.3,
               [](float part) { return part != 1; });
}

TEST(RandomGridDistortion, NothingIsNoWarp) {
  const Geometry geometry(RandomGridDistortion{}, std::vector<float>(10, 1),
                          kSpotsSize);
  EXPECT_EQ(geometry.warp.kind, WarpKind::none);
}

TEST(RandomGridDistortion, RefusesWhatVanishes) {
  EXPECT_THROW(Augmentation(RandomGridDistortion{.factor = 1}), Error);
  EXPECT_THROW(Augmentation(RandomGridDistortion{.steps = 0}), Error);
}

}  // namespace
}  // namespace lathe::augment
