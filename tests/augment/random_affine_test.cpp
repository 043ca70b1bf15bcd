#include "augment/random_affine.h"

#include <gtest/gtest.h>

#include "augment/random_rotation.h"
#include "augment/random_translation.h"
#include "augment/random_zoom.h"
#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

// Without shear, it is what the three operations are one after the other.
TEST(RandomAffine, IsItsParts) {
  const std::vector<float> row{30, 1.25F, 0.1F, -0.2F, 0, 0};
  const std::vector<float> zoom{0.8F, 0.8F};
  const Matrix parts =
      RandomZoom{}.matrix(zoom, kSpotsSize) *
      RandomRotation{}.matrix(std::span(row).first(1), kSpotsSize) *
      RandomTranslation{}.matrix(std::span(row).subspan(2, 2), kSpotsSize);
  const Matrix seen = RandomAffine{}.matrix(row, kSpotsSize);
  // Numbers of up to 60 from factors that are float32.
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_NEAR(seen.m[i], parts.m[i], 1e-5) << i;
  }
}

TEST(RandomAffine, ShearsAboutTheMiddle) {
  const std::vector<float> row{0, 1, 0, 0, 0.5F, 0.25F};
  const Geometry geometry(RandomAffine{}, row, kSpotsSize);
  const Position middle = geometry.moved({26, 20});
  EXPECT_NEAR(middle.x, 26, 1e-5);
  EXPECT_NEAR(middle.y, 20, 1e-5);
  // Ten pixels down: five to the right by the first, and by the second a
  // quarter of these down.
  const Position below = geometry.moved({26, 30});
  EXPECT_NEAR(below.x, 31, 1e-5);
  EXPECT_NEAR(below.y, 31.25, 1e-5);
}

TEST(RandomAffine, SpotsMove) {
  const RandomAffine affine{
      .shear = 0.3, .shear_down = 0.2, .fill_mode = FillMode::constant};
  for (const std::uint32_t sample : {0U, 1U, 2U}) {
    expect_spots_move(affine, row_of(affine, sample), kSpotsSize);
  }
}

TEST(RandomAffine, NumbersAreUniformAndAsOftenAsAsked) {
  const RandomAffine affine{.rotation = 0.1,
                            .scale = {0.5, 2},
                            .translation = {-0.1, 0.3},
                            .shear = 0.2,
                            .shear_down = {0, 0.4}};
  expect_uniform(draws_of(affine, 0), -36, 36);
  expect_uniform(draws_of(affine, 1), 0.5, 2);
  expect_uniform(draws_of(affine, 2), -0.1, 0.3);
  expect_uniform(draws_of(affine, 3), -0.1, 0.3);
  expect_uniform(draws_of(affine, 4), -0.2, 0.2);
  expect_uniform(draws_of(affine, 5), 0, 0.4);
  expect_share(draws_of(RandomAffine{.p = 0.3F}, 0), 0.3,
               [](float degrees) { return degrees != 0; });
}

TEST(RandomAffine, NothingIsTheIdentity) {
  const RandomAffine affine{.p = 0};
  const Matrix matrix = affine.matrix(row_of(affine, 1), kSpotsSize);
  EXPECT_EQ(matrix.m, Matrix{}.m);
}

TEST(RandomAffine, RefusesNoScale) {
  EXPECT_THROW(Augmentation(RandomAffine{.scale = {0, 1}}), Error);
  EXPECT_THROW(Augmentation(RandomAffine{.rotation = 2}), Error);
}

}  // namespace
}  // namespace lathe::augment
