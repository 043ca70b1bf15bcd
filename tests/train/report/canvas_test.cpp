#include "train/report/canvas.h"

#include <gtest/gtest.h>

#include "train/report/font.h"

namespace lathe::train {
namespace {

constexpr Colour kWhite{255, 255, 255};
constexpr Colour kBlack{0, 0, 0};

Colour pixel(const Canvas& canvas, std::int64_t x, std::int64_t y) {
  const std::uint8_t* at =
      canvas.image().data<std::uint8_t>() + (y * canvas.width() + x) * 3;
  return {at[0], at[1], at[2]};
}

// What is dark in the picture, in whole pixels.
double ink(const Canvas& canvas) {
  double sum = 0;
  for (const std::uint8_t value : canvas.image().values<std::uint8_t>()) {
    sum += (255.0 - value) / (3 * 255.0);
  }
  return sum;
}

TEST(Canvas, StartsInItsBackground) {
  const Canvas canvas(2, 3, {1, 2, 3});
  EXPECT_EQ(canvas.image().shape(), Shape({2, 3, 3}));
  for (std::int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(pixel(canvas, i % 3, i / 3), (Colour{1, 2, 3}));
  }
}

TEST(Canvas, BlendsByTheShare) {
  Canvas canvas(1, 3);
  canvas.blend(0, 0, {0, 100, 255}, 0);
  canvas.blend(1, 0, {0, 100, 255}, 0.4);
  canvas.blend(2, 0, {0, 100, 255}, 1);
  EXPECT_EQ(pixel(canvas, 0, 0), kWhite);
  EXPECT_EQ(pixel(canvas, 1, 0), (Colour{153, 193, 255}));
  EXPECT_EQ(pixel(canvas, 2, 0), (Colour{0, 100, 255}));
}

TEST(Canvas, LeavesOutWhatLiesOutside) {
  Canvas canvas(4, 4);
  canvas.fill({-3, 2}, {100, 1}, kBlack);
  canvas.line({-50, -50}, {-10, 90}, kBlack, 3);
  canvas.text({1000, -1000}, "far away", kBlack);
  canvas.paste(Tensor({9, 9, 3}, DType::uint8), 3, 3);
  EXPECT_NEAR(ink(canvas), 4 + 1, 1e-9);
}

TEST(Canvas, LinesCoverTheirLengthTimesTheirThickness) {
  // The ends are round and the edges smooth, so to within a few per cent.
  Canvas level(40, 140);
  level.line({20, 20}, {120, 20}, kBlack, 4);
  EXPECT_NEAR(ink(level), 100 * 4 + 4 * 3.14, 12);
  Canvas slanted(120, 140);
  slanted.line({20, 20}, {100, 80}, kBlack, 4);
  EXPECT_NEAR(ink(slanted), 100 * 4 + 4 * 3.14, 12);
  EXPECT_EQ(pixel(slanted, 60, 50), kBlack);
  EXPECT_EQ(pixel(slanted, 60, 40), kWhite);
}

TEST(Canvas, WritesEveryLetterInItsOwnBox) {
  for (char letter = '!'; letter <= '~'; ++letter) {
    SCOPED_TRACE(letter);
    Canvas canvas(kGlyphHeight, 3 * kGlyphWidth);
    canvas.text({kGlyphWidth, 0}, std::string_view(&letter, 1), kBlack);
    Canvas box(kGlyphHeight, kGlyphWidth);
    box.text({0, 0}, std::string_view(&letter, 1), kBlack);
    EXPECT_GT(ink(box), 2);
    EXPECT_DOUBLE_EQ(ink(box), ink(canvas));
  }
}

TEST(Canvas, TellsLettersApart) {
  for (char a = ' '; a <= '~'; ++a) {
    for (char b = ' '; b < a; ++b) {
      Canvas of_a(kGlyphHeight, kGlyphWidth);
      Canvas of_b(kGlyphHeight, kGlyphWidth);
      of_a.text({0, 0}, std::string_view(&a, 1), kBlack);
      of_b.text({0, 0}, std::string_view(&b, 1), kBlack);
      const auto values_a = of_a.image().values<std::uint8_t>();
      const auto values_b = of_b.image().values<std::uint8_t>();
      EXPECT_FALSE(
          std::equal(values_a.begin(), values_a.end(), values_b.begin()))
          << a << " and " << b;
    }
  }
}

TEST(Canvas, AlignsText) {
  Canvas starting(20, 100);
  Canvas ending(20, 100);
  Canvas centred(20, 100);
  starting.text({10, 1}, "abcd", kBlack);
  ending.text_ending({10 + 4 * kGlyphWidth, 1}, "abcd", kBlack);
  centred.text_centred({10 + 2 * kGlyphWidth, 1}, "abcd", kBlack);
  const auto expected = starting.image().values<std::uint8_t>();
  for (const Canvas* canvas : {&ending, &centred}) {
    const auto values = canvas->image().values<std::uint8_t>();
    EXPECT_TRUE(std::equal(values.begin(), values.end(), expected.begin()));
  }
}

TEST(Canvas, TurnsTextThatRises) {
  Canvas level(kGlyphHeight, 3 * kGlyphWidth);
  Canvas rising(3 * kGlyphWidth, kGlyphHeight);
  level.text({0, 0}, "abQ", kBlack);
  rising.text_rising({0, 3 * kGlyphWidth}, "abQ", kBlack);
  for (std::int64_t y = 0; y < level.height(); ++y) {
    for (std::int64_t x = 0; x < level.width(); ++x) {
      EXPECT_EQ(pixel(rising, y, level.width() - 1 - x), pixel(level, x, y));
    }
  }
}

TEST(Canvas, PastesColourAndGrey) {
  Canvas canvas(2, 4);
  canvas.paste(Tensor::from<std::uint8_t>({1, 2, 3}, {1, 2, 3, 4, 5, 6}), 1, 1);
  canvas.paste(Tensor::from<std::uint8_t>({1, 1, 1}, {7}), 0, 0);
  EXPECT_EQ(pixel(canvas, 1, 1), (Colour{1, 2, 3}));
  EXPECT_EQ(pixel(canvas, 2, 1), (Colour{4, 5, 6}));
  EXPECT_EQ(pixel(canvas, 0, 0), (Colour{7, 7, 7}));
  EXPECT_EQ(pixel(canvas, 3, 1), kWhite);
}

}  // namespace
}  // namespace lathe::train
