#include "augment/random_optical_distortion.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

TEST(RandomOpticalDistortion, SpotsMove) {
  const RandomOpticalDistortion distortion{.fill_mode = FillMode::constant};
  for (const float strength : {-0.3F, -0.1F, 0.4F}) {
    expect_spots_move(distortion, {strength}, kSpotsSize);
  }
}

TEST(RandomOpticalDistortion, CornersShowWhatIsFurther) {
  const Geometry geometry(RandomOpticalDistortion{}, {0.25F}, kSpotsSize);
  const Position corner = warped_position(geometry.warp, {52.5F, 40.5F});
  EXPECT_NEAR(corner.x, 26 + 26.5 * 1.25, 1e-4);
  EXPECT_NEAR(corner.y, 20 + 20.5 * 1.25, 1e-4);
}

TEST(RandomOpticalDistortion, NumbersAreUniformAndAsOftenAsAsked) {
  expect_uniform(draws_of(RandomOpticalDistortion{.factor = {-0.1, 0.3}}, 0),
                 -0.1, 0.3);
  expect_share(draws_of(RandomOpticalDistortion{.p = 0.3F}, 0), 0.3,
               [](float strength) { return strength != 0; });
}

TEST(RandomOpticalDistortion, NothingIsNoWarp) {
  const Geometry geometry(RandomOpticalDistortion{}, {0}, kSpotsSize);
  EXPECT_EQ(geometry.warp.kind, WarpKind::none);
}

TEST(RandomOpticalDistortion, RefusesWhatFolds) {
  EXPECT_THROW(Augmentation(RandomOpticalDistortion{.factor = 0.5}), Error);
}

}  // namespace
}  // namespace lathe::augment
