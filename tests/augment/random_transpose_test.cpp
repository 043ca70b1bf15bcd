#include "augment/random_transpose.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

TEST(RandomTranspose, ColumnsBecomeRows) {
  const ImageSize size{.height = 3, .width = 3};
  const auto seen = [&](float transposed) {
    const Tensor image =
        Geometry(RandomTranspose{}, {transposed}, size).shown(counting(size));
    const auto values = image.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(seen(1), (std::vector<float>{0, 3, 6, 1, 4, 7, 2, 5, 8}));
  EXPECT_EQ(seen(0), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(RandomTranspose, IsDoneAsOftenAsAsked) {
  expect_share(draws_of(RandomTranspose{.p = 0.3F}, 0), 0.3,
               [](float transposed) { return transposed == 1; });
}

TEST(RandomTranspose, NeedsSquares) {
  const std::array<float, 1> row{0};
  EXPECT_THROW(RandomTranspose{}.matrix(row, {.height = 3, .width = 4}), Error);
}

}  // namespace
}  // namespace lathe::augment
