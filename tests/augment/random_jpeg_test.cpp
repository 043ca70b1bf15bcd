#include "augment/random_jpeg.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// A smooth image, of which the best quality keeps everything to a few bytes and
// the worst little.
TEST(RandomJpeg, LosesByQuality) {
  std::vector<float> image;
  for (int i = 0; i < 32 * 32; ++i) {
    image.push_back(static_cast<float>(4 * (i % 32) + 3 * (i / 32)));
  }
  const auto error = [&](double quality) {
    const std::vector<float> seen =
        applied(RandomJpeg{.quality = quality}, image, 32);
    float largest = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      largest = std::max(largest, std::abs(seen[i] - image[i]));
    }
    return largest;
  };
  EXPECT_LE(error(100), 2);
  EXPECT_GT(error(1), 20);
  EXPECT_EQ(applied(RandomJpeg{.p = 0}, image, 32), image);
}

TEST(RandomJpeg, DrawsWholeQualities) {
  const auto rows = many_drawn(RandomJpeg{.quality = {50, 53}, .p = 0.8F});
  for (const float quality : {50.0F, 51.0F, 52.0F, 53.0F}) {
    expect_binomial(
        column(rows, 0, [&](auto& row) { return row[0] == quality; }).size(),
        0.2);
  }
}

TEST(RandomJpeg, RefusesQualitiesThatAreNone) {
  EXPECT_THROW(Augmentation(RandomJpeg{.quality = 0}), Error);
  EXPECT_THROW(Augmentation(RandomJpeg{.quality = 50.5}), Error);
  EXPECT_THROW(
      applied(Pipeline{RandomJpeg{}}, {1, 2, 2, 4}, std::vector<float>(16)),
      Error);
}

}  // namespace
}  // namespace lathe::augment
