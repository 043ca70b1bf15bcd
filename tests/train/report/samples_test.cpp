#include "train/report/samples.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/graph/operations/loss.h"

namespace lathe::train {
namespace {

Tensor grey(std::int64_t count, std::int64_t height, std::int64_t width) {
  Tensor images({count, height, width, 3}, DType::uint8);
  std::ranges::fill(images.values<std::uint8_t>(), std::uint8_t{100});
  return images;
}

TEST(Samples, OverlayTintsWhatTheMaskCovers) {
  const Tensor image = grey(1, 1, 4).reshaped({1, 4, 3});
  const Tensor mask =
      Tensor::from<std::uint8_t>({1, 4, 1}, {0, 1, 2, graph::kIgnoredTarget});
  const Tensor result = overlay(image, mask, 0.5);
  const auto pixels = result.values<std::uint8_t>();
  const auto mixed = [](std::uint8_t a, std::uint8_t b) {
    return (a + b + 1) / 2;
  };
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(pixels[c], 100);
    EXPECT_EQ(pixels[3 + c], mixed(100, class_colour(1)[c]));
    EXPECT_EQ(pixels[6 + c], mixed(100, class_colour(2)[c]));
    EXPECT_EQ(pixels[9 + c], 50);
  }
  for (const std::uint8_t value : image.values<std::uint8_t>()) {
    EXPECT_EQ(value, 100) << "the image given must stay as it was";
  }
}

TEST(Samples, ClassesHaveColoursOfTheirOwn) {
  for (std::int64_t a = 1; a <= 11; ++a) {
    for (std::int64_t b = 1; b < a; ++b) {
      EXPECT_NE(class_colour(a), class_colour(b)) << a << " and " << b;
    }
  }
  EXPECT_NO_THROW(class_colour(254));
}

TEST(Samples, ShowsImageTruthAndPredictionInRows) {
  constexpr std::int64_t kSide = 32;
  const Tensor images = grey(2, kSide, kSide);
  Tensor truth({2, kSide, kSide, 1}, DType::uint8);
  Tensor prediction({2, kSide, kSide, 1}, DType::uint8);
  std::ranges::fill(truth.rows(0, 1).values<std::uint8_t>(), std::uint8_t{1});
  std::ranges::fill(prediction.rows(1, 1).values<std::uint8_t>(),
                    std::uint8_t{2});
  const Canvas canvas = draw_samples(images, truth, prediction);

  const auto count = [&](Colour tint) {
    const auto mixed = [&](std::size_t c) { return (100 + tint[c] + 1) / 2; };
    const auto pixels = canvas.image().values<std::uint8_t>();
    std::int64_t found = 0;
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      found += pixels[i] == mixed(0) && pixels[i + 1] == mixed(1) &&
               pixels[i + 2] == mixed(2);
    }
    return found;
  };
  EXPECT_EQ(count(class_colour(1)), kSide * kSide);
  EXPECT_EQ(count(class_colour(2)), kSide * kSide);
  EXPECT_EQ(count({100, 100, 100}), 4 * kSide * kSide);
}

}  // namespace
}  // namespace lathe::train
