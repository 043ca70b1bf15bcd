#include "augment/random_resized_crop.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomResizedCrop, ShowsThePartFromEdgeToEdge) {
  // Half of the width, a quarter of the rest to its left: pixels 1 to 5 of 8.
  const std::array<float, 4> row{1, 0.5F, 0, 0.25F};
  const auto m = RandomResizedCrop{}.matrix(row, {.height = 4, .width = 8}).m;
  EXPECT_DOUBLE_EQ(m[0] * -0.5 + m[2], 0.5);
  EXPECT_DOUBLE_EQ(m[0] * 7.5 + m[2], 4.5);
  EXPECT_DOUBLE_EQ(m[4] * -0.5 + m[5], -0.5);
  EXPECT_DOUBLE_EQ(m[4] * 3.5 + m[5], 3.5);
}

// Parts lie within the image, and their area within its range unless cut.
TEST(RandomResizedCrop, PartsAreOfTheAreaAndInside) {
  const RandomResizedCrop crop{.area = {0.2, 0.5}, .aspect = {0.8, 1.25}};
  float low = 1;
  float high = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    const std::vector<float> row = drawn(crop, 1, sample);
    const float area = row[0] * row[1];
    low = std::min(low, area);
    high = std::max(high, area);
    for (const float part : row) {
      ASSERT_GE(part, 0);
      ASSERT_LE(part, 1);
    }
  }
  EXPECT_NEAR(low, 0.2, 0.001);
  EXPECT_NEAR(high, 0.5, 0.001);
}

TEST(RandomResizedCrop, MayComeOutAtASize) {
  const RandomResizedCrop crop{.size = ImageSize{.height = 2, .width = 2}};
  const ImageSize from{.height = 4, .width = 8};
  EXPECT_EQ(crop.output_size(from), (ImageSize{.height = 2, .width = 2}));
  const std::array<float, 4> row{1, 0.5F, 0, 0.25F};
  const auto m = crop.matrix(row, from).m;
  EXPECT_DOUBLE_EQ(m[0] * -0.5 + m[2], 0.5);
  EXPECT_DOUBLE_EQ(m[0] * 1.5 + m[2], 4.5);
  EXPECT_DOUBLE_EQ(m[4] * 1.5 + m[5], 3.5);
  EXPECT_THROW(Augmentation(RandomResizedCrop{.size = ImageSize{}}), Error);
}

TEST(RandomResizedCrop, RefusesNoAreaAndStrips) {
  EXPECT_THROW(Augmentation(RandomResizedCrop{.area = 0}), Error);
  EXPECT_THROW(Augmentation(RandomResizedCrop{.aspect = {0.05, 1}}), Error);
}

}  // namespace
}  // namespace lathe::augment
