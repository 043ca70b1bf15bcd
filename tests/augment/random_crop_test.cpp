#include "augment/random_crop.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

TEST(RandomCrop, ShowsWholePixelsOfItsPlace) {
  const ImageSize size{.height = 5, .width = 7};
  const RandomCrop crop{.size = {.height = 3, .width = 4}};
  // Three places down and four to the right.
  const Geometry geometry(crop, {0.7F, 0.3F}, size);
  const Tensor seen = geometry.shown(counting(size));
  EXPECT_EQ(seen.shape(), (Shape{1, 3, 4, 1}));
  EXPECT_EQ(seen.values<float>()[0], 2 * 7 + 1);
  EXPECT_EQ(seen.values<float>()[11], 4 * 7 + 4);
}

TEST(RandomCrop, AllPlacesAreAsLikely) {
  const RandomCrop crop{.size = {.height = 3, .width = 4}};
  for (const std::size_t column : {0U, 1U}) {
    expect_uniform(draws_of(crop, column), 0, 1);
  }
  std::vector<float> tops;
  for (const float part : draws_of(crop, 0)) {
    const std::vector<float> row{part, 0};
    tops.push_back(
        static_cast<float>(crop.matrix(row, {.height = 5, .width = 7}).m[5]));
  }
  for (const float top : {0.0F, 1.0F, 2.0F}) {
    expect_share(tops, 1.0 / 3, [&](float seen) { return seen == top; });
  }
}

// Keras' layer, where only the widths differ, always takes the middle.
TEST(RandomCrop, OneDirectionMayBeFull) {
  const RandomCrop crop{.size = {.height = 5, .width = 4}};
  const std::vector<float> row{0.99F, 0.99F};
  const Matrix matrix = crop.matrix(row, {.height = 5, .width = 7});
  EXPECT_EQ(matrix.m[5], 0);
  EXPECT_EQ(matrix.m[2], 3);
}

TEST(RandomCrop, RefusesSmallerImagesAndNoWindow) {
  const RandomCrop crop{.size = {.height = 5, .width = 4}};
  EXPECT_THROW(crop.output_size({.height = 4, .width = 9}), Error);
  EXPECT_THROW(Augmentation(RandomCrop{.size = {.height = 0, .width = 4}}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
