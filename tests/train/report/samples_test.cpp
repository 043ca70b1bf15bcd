#include "train/report/samples.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lathe::train {
namespace {

Tensor grey(std::int64_t count, std::int64_t height, std::int64_t width) {
  Tensor images({count, height, width, 3}, DType::uint8);
  std::ranges::fill(images.values<std::uint8_t>(), std::uint8_t{100});
  return images;
}

int mixed(int a, int b) {
  return (a + b + 1) / 2;
}

TEST(Samples, OverlayTintsWhatTheMaskCoversAndDrawsItsBorder) {
  // Stripes: background, class 1, class 2, ignored.
  constexpr std::int64_t kWidth = 10;
  std::vector<std::uint8_t> classes;
  for (int row = 0; row < 5; ++row) {
    for (const int value : {0, 1, 1, 1, 2, 2, 2, 255, 255, 255}) {
      classes.push_back(static_cast<std::uint8_t>(value));
    }
  }
  const Tensor image = grey(1, 5, kWidth).reshaped({5, kWidth, 3});
  const Tensor mask = Tensor::from<std::uint8_t>({5, kWidth, 1}, classes);
  const Tensor result = overlay(image, mask, 0.5);
  const std::uint8_t* row = result.data<std::uint8_t>() + 2 * kWidth * 3;
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(row[c], 100);
    EXPECT_EQ(row[3 + c], class_colour(1)[c]);
    EXPECT_EQ(row[6 + c], mixed(100, class_colour(1)[c]));
    EXPECT_EQ(row[9 + c], class_colour(1)[c]);
    EXPECT_EQ(row[12 + c], class_colour(2)[c]);
    EXPECT_EQ(row[15 + c], mixed(100, class_colour(2)[c]));
    EXPECT_EQ(row[21 + c], 0);
    EXPECT_EQ(row[24 + c], 50);
    EXPECT_EQ(row[27 + c], 50) << "the picture's edge is no border";
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
  EXPECT_EQ(class_colour(254), class_colour(254 - 22 * 11));
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
    const auto pixels = canvas.image().values<std::uint8_t>();
    std::int64_t found = 0;
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      found += pixels[i] == mixed(100, tint[0]) &&
               pixels[i + 1] == mixed(100, tint[1]) &&
               pixels[i + 2] == mixed(100, tint[2]);
    }
    return found;
  };
  EXPECT_EQ(count(class_colour(1)), kSide * kSide);
  EXPECT_EQ(count(class_colour(2)), kSide * kSide);
  EXPECT_EQ(count({100, 100, 100}), 4 * kSide * kSide);
}

}  // namespace
}  // namespace lathe::train
