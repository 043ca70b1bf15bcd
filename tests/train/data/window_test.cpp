#include "train/data/window.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace lathe::train {
namespace {

Philox random_of(std::uint32_t sample) {
  return Philox({.seed = 3, .sample = sample});
}

// Pixel (row, column) is 10 row + column.
Tensor numbered(std::int64_t height, std::int64_t width) {
  const Tensor image({height, width, 1}, DType::uint8);
  for (std::int64_t i = 0; i < image.elements(); ++i) {
    image.data<std::uint8_t>()[i] =
        static_cast<std::uint8_t>(10 * (i / width) + i % width);
  }
  return image;
}

std::vector<int> window_of(const Tensor& image, const WindowPlace& place,
                           const Shape& shape) {
  const Tensor result(shape, DType::uint8);
  copy_window(image, place, 255, result);
  const auto values = result.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

TEST(Window, IsCopiedAndFilledBeyondTheImage) {
  const Tensor image = numbered(3, 4);
  EXPECT_EQ(window_of(image, {.row = 1, .column = 2}, {2, 2, 1}),
            (std::vector<int>{12, 13, 22, 23}));
  EXPECT_EQ(window_of(image, {.row = -1, .column = 3}, {3, 2, 1}),
            (std::vector<int>{255, 255, 3, 255, 13, 255}));
  EXPECT_EQ(window_of(image, {.row = 0, .column = 4}, {1, 2, 1}),
            (std::vector<int>{255, 255}));
  const Tensor colours =
      Tensor::from<std::uint8_t>({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(window_of(colours, {.column = 1}, {1, 2, 3}),
            (std::vector<int>{4, 5, 6, 255, 255, 255}));
}

TEST(Window, LiesInTheMiddle) {
  const WindowPlace place = middle_window({9, 12}, {5, 4});
  EXPECT_EQ(place.row, 2);
  EXPECT_EQ(place.column, 4);
  // As a smaller image does in the window.
  const WindowPlace around = middle_window({3, 12}, {8, 4});
  EXPECT_EQ(around.row, -2);
  EXPECT_EQ(around.column, 4);
}

TEST(Window, IsMovedIntoTheImage) {
  const auto place = window_at({.row = 7, .column = -3}, {9, 12}, {5, 4});
  EXPECT_EQ(place.row, 4);
  EXPECT_EQ(place.column, 0);
}

TEST(Window, IsDrawnAnywhereWithin) {
  std::map<std::int64_t, int> rows;
  std::set<std::int64_t> columns;
  constexpr std::uint32_t kDraws = 3000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    Philox random = random_of(i);
    const WindowPlace place = drawn_window({7, 4}, {5, 9}, random);
    ++rows[place.row];
    columns.insert(place.column);
  }
  ASSERT_EQ(rows.size(), 3);
  for (const auto& [row, count] : rows) {
    EXPECT_TRUE(row >= 0 && row <= 2) << row;
    // 1000 +- 6 standard deviations.
    EXPECT_NEAR(count, kDraws / 3, 6 * 26) << row;
  }
  EXPECT_EQ(columns, std::set<std::int64_t>{-2});
}

TEST(Window, IsBalancedByClass) {
  // One pixel of class 2, three of class 5; the rest is 0 or to ignore.
  const Tensor ids({20, 20, 1}, DType::uint8);
  const auto values = ids.values<std::uint8_t>();
  std::fill(values.begin(), values.begin() + 40, 255);
  values[20 * 10 + 10] = 2;
  for (const std::size_t row : {4, 5, 19}) values[20 * row + 19] = 5;
  std::map<int, int> centres;
  constexpr std::uint32_t kDraws = 3000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    Philox random = random_of(i);
    const WindowPlace place = balanced_window(ids, {4, 4}, random);
    ASSERT_TRUE(place.row >= 0 && place.row <= 16) << place.row;
    ASSERT_TRUE(place.column >= 0 && place.column <= 16) << place.column;
    if (place.row == 8 && place.column == 8) ++centres[2];
    if (place.column == 16 &&
        (place.row == 2 || place.row == 3 || place.row == 16)) {
      ++centres[5];
    }
  }
  // A third each, and the few of class 0 that come to lie there too.
  EXPECT_NEAR(centres[2], kDraws / 3, 6 * 26);
  EXPECT_NEAR(centres[5], kDraws / 3, 6 * 26 + 60);
}

TEST(Window, IsAnywhereWhereNothingCounts) {
  const Tensor ids({6, 6, 1}, DType::uint8);
  std::ranges::fill(ids.values<std::uint8_t>(), 255);
  std::set<std::int64_t> rows;
  for (std::uint32_t i = 0; i < 100; ++i) {
    Philox random = random_of(i);
    rows.insert(balanced_window(ids, {4, 4}, random).row);
  }
  EXPECT_EQ(rows, (std::set<std::int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace lathe::train
