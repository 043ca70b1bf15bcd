#include "train/report/confusion.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "tests/train/report/report_check.h"

namespace lathe::train {
namespace {

using Names = std::vector<std::string>;

// Pixels that are more blue than red by more than 20, and the reverse.
struct Coloured {
  std::int64_t blue = 0;
  std::int64_t red = 0;
};

Coloured coloured(const Canvas& canvas) {
  Coloured result;
  const auto pixels = canvas.image().values<std::uint8_t>();
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    result.blue += pixels[i + 2] > pixels[i] + 20;
    result.red += pixels[i] > pixels[i + 2] + 20;
  }
  return result;
}

TEST(Confusion, ShadesRightAnswersBlueAndWrongOnesRed) {
  const Names names{"a", "b", "c"};
  const auto of = [&](const std::vector<std::int64_t>& values) {
    return coloured(draw_confusion(counts_of(3, values), names));
  };
  EXPECT_EQ(of({0, 0, 0, 0, 0, 0, 0, 0, 0}).blue, 0);
  const Coloured right = of({5, 0, 0, 0, 5, 0, 0, 0, 5});
  EXPECT_GT(right.blue, 3 * 50 * 50);
  EXPECT_EQ(right.red, 0);
  const Coloured wrong = of({0, 5, 0, 0, 0, 5, 5, 0, 0});
  EXPECT_GT(wrong.red, 3 * 50 * 50);
  EXPECT_EQ(wrong.blue, 0);
}

TEST(Confusion, RowsAreTheTruth) {
  const Names names{"a", "b"};
  // All that was an "a" was taken for a "b": the red cell is in the upper row,
  // on the right.
  const Canvas canvas = draw_confusion(counts_of(2, {0, 9, 0, 9}), names);
  const auto* pixels = canvas.image().data<std::uint8_t>();
  std::int64_t red_y = 0;
  std::int64_t blue_y = 0;
  std::int64_t red = 0;
  std::int64_t blue = 0;
  for (std::int64_t i = 0; i < canvas.height() * canvas.width(); ++i) {
    const std::uint8_t* pixel = pixels + 3 * i;
    if (pixel[0] > pixel[2] + 20) red_y += i / canvas.width(), ++red;
    if (pixel[2] > pixel[0] + 20) blue_y += i / canvas.width(), ++blue;
  }
  ASSERT_GT(red, 0);
  ASSERT_GT(blue, 0);
  EXPECT_LT(red_y / red + 40, blue_y / blue);
}

TEST(Confusion, ShadesByTheShareOfTheRow) {
  const Names names{"a", "b"};
  // The same shares in numbers of the same width.
  const auto shades = [&](const std::vector<std::int64_t>& values) {
    const Canvas canvas = draw_confusion(counts_of(2, values), names);
    std::vector<Colour> colours;
    const auto pixels = canvas.image().values<std::uint8_t>();
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      const Colour colour{pixels[i], pixels[i + 1], pixels[i + 2]};
      if (colour[0] != colour[2]) colours.push_back(colour);
    }
    std::ranges::sort(colours);
    colours.erase(std::ranges::unique(colours).begin(), colours.end());
    return colours;
  };
  EXPECT_TRUE(std::ranges::includes(shades({4, 4, 4, 4}),
                                    std::vector{shades({2, 2, 2, 2})[0]}));
  EXPECT_NE(shades({4, 4, 4, 4}), shades({6, 2, 4, 4}));
}

TEST(Confusion, HasRoomForNamesAndNumbers) {
  const ConfusionCounts counts = counts_of(2, {5, 1, 2, 5});
  const Canvas shorter = draw_confusion(counts, {"a", "b"});
  const Canvas longer = draw_confusion(counts, {"a", "a name of some length"});
  EXPECT_GT(longer.width(), shorter.width() + 100);
  EXPECT_GT(longer.height(), shorter.height() + 100) << "it must rise there";
  // Beyond a length names are cut.
  const Canvas longest = draw_confusion(counts, {"a", std::string(200, 'x')});
  const Canvas even_longer =
      draw_confusion(counts, {"a", std::string(300, 'x')});
  EXPECT_TRUE(same_picture(longest, even_longer));
  EXPECT_GT(
      draw_confusion(counts_of(2, {1, 1234567890, 2, 5}), {"a", "b"}).width(),
      shorter.width() + 2 * 20);
}

TEST(Confusion, DrawsAnyNumberOfClasses) {
  for (const std::int64_t classes : {1, 2, 13, 40, 41, 1300}) {
    SCOPED_TRACE(classes);
    ConfusionCounts counts(classes);
    Tensor matrix({classes, classes}, DType::int64);
    for (std::int64_t i = 0; i < classes; ++i) {
      matrix.values<std::int64_t>()[static_cast<std::size_t>(i * classes + i)] =
          3;
    }
    counts.add(matrix);
    const Canvas canvas = draw_confusion(
        counts, Names(static_cast<std::size_t>(classes), "class"));
    EXPECT_GE(coloured(canvas).blue, classes);
    EXPECT_LT(canvas.width(), 2000);
    EXPECT_LT(canvas.height(), 2000);
  }
}

TEST(Confusion, WantsANameForEachClass) {
  EXPECT_THROW(draw_confusion(ConfusionCounts(3), {"a", "b"}), Error);
}

}  // namespace
}  // namespace lathe::train
