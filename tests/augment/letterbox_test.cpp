#include "augment/letterbox.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

// 20 x 40 becomes 10 x 20, five rows above it and five below are left.
TEST(Letterbox, KeepsProportionsAndFillsTheRest) {
  const ImageSize size{.height = 20, .width = 40};
  const Letterbox letterbox{.size = {.height = 20, .width = 20},
                            .fill_value = -1};
  const Tensor image({1, 20, 40, 1});
  const Tensor seen = Geometry(letterbox, {}, size).shown(image);
  EXPECT_EQ(seen.shape(), (Shape{1, 20, 20, 1}));
  for (std::int64_t i = 0; i < seen.elements(); ++i) {
    const std::int64_t y = i / 20;
    EXPECT_EQ(seen.values<float>()[static_cast<std::size_t>(i)],
              y >= 5 && y < 15 ? 0 : -1)
        << i;
  }
}

TEST(Letterbox, SpotsMove) {
  const Letterbox letterbox{.size = {.height = 61, .width = 47}};
  expect_spots_move(letterbox, {}, {.height = 41, .width = 33});
  expect_spots_move(letterbox, {}, {.height = 33, .width = 41});
}

// A sliver keeps a pixel.
TEST(Letterbox, NothingVanishes) {
  const Letterbox letterbox{.size = {.height = 8, .width = 8}};
  const Matrix matrix = letterbox.matrix({}, {.height = 1, .width = 1000});
  EXPECT_EQ(matrix.m[4] * 3 + matrix.m[5], 0);
}

}  // namespace
}  // namespace lathe::augment
