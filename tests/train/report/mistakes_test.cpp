#include "train/report/mistakes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"

namespace lathe::train {
namespace {

using Texts = std::vector<std::vector<std::string>>;

Tensor green(const Shape& shape) {
  const Tensor images(shape, DType::uint8);
  for (std::int64_t i = 1; i < images.elements(); i += 3) {
    images.values<std::uint8_t>()[static_cast<std::size_t>(i)] = 200;
  }
  return images;
}

std::int64_t count(const Canvas& canvas, Colour colour) {
  const auto pixels = canvas.image().values<std::uint8_t>();
  std::int64_t found = 0;
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    found += std::equal(colour.begin(), colour.end(), pixels.begin() + i);
  }
  return found;
}

TEST(Mistakes, ShowsEveryImageEnlargedOrReduced) {
  struct Case {
    std::int64_t height;
    std::int64_t width;
    std::int64_t shown_pixels;
  };
  // Small ones a whole number of times larger, large ones at most 224 wide.
  for (const Case& c : {Case{28, 28, 196 * 196}, Case{10, 20, 100 * 200},
                        Case{224, 224, 224 * 224}, Case{448, 224, 224 * 112},
                        Case{1000, 10, 224 * 2}}) {
    SCOPED_TRACE(c.height);
    for (const std::int64_t images : {1, 7}) {
      const Canvas canvas =
          draw_mistakes(green({images, c.height, c.width, 3}),
                        Texts(static_cast<std::size_t>(images), {"text"}));
      EXPECT_EQ(count(canvas, {0, 200, 0}), images * c.shown_pixels);
      EXPECT_LE(canvas.width(), 1100);
    }
  }
}

TEST(Mistakes, WritesTheTextsBeneath) {
  const Tensor image = green({1, 28, 28, 3});
  const Canvas without = draw_mistakes(image, {{}});
  const Canvas one = draw_mistakes(image, {{"shirt, not coat"}});
  const Canvas two = draw_mistakes(image, {{"shirt, not coat", "0.97"}});
  const Canvas wrapped =
      draw_mistakes(image, {{"a shirt that is no coat, though like one"}});
  EXPECT_EQ(count(without, {60, 60, 60}), 0);
  EXPECT_GT(count(one, {60, 60, 60}), 20);
  EXPECT_EQ(two.height() - one.height(), one.height() - without.height());
  EXPECT_EQ(wrapped.height(), two.height());
}

TEST(Mistakes, TakesGreyAndNone) {
  EXPECT_GE(
      count(draw_mistakes(Tensor({2, 28, 28, 1}, DType::uint8), {{"a"}, {"b"}}),
            {0, 0, 0}),
      2 * 196 * 196);
  EXPECT_EQ(
      count(draw_mistakes(Tensor({0, 28, 28, 3}, DType::uint8), {}), {0, 0, 0}),
      0);
}

TEST(Mistakes, WantsATextForEachImage) {
  EXPECT_THROW(draw_mistakes(green({2, 28, 28, 3}), {{"a"}}), Error);
  EXPECT_THROW(draw_mistakes(green({28, 28, 3}), {{"a"}}), Error);
}

}  // namespace
}  // namespace lathe::train
