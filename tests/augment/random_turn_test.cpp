#include "augment/random_turn.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

std::vector<float> turned_by(float quarters, float transposed) {
  const Tensor image = Tensor::from<float>({1, 3, 3, 1}, {1, 2, 3,  //
                                                          4, 5, 6,  //
                                                          7, 8, 9});
  const std::array<float, 2> row{quarters, transposed};
  const auto numbers =
      row_of(RandomTurn{}.matrix(row, {.height = 3, .width = 3}));
  const Tensor rows =
      Tensor::from<float>({1, kRowLength}, {numbers.begin(), numbers.end()});
  const Tensor seen({1, 3, 3, 1});
  resample(Device::cpu, {}, image, rows, seen);
  const auto values = seen.values<float>();
  return {values.begin(), values.end()};
}

TEST(RandomTurn, MovesWholePixelsCounterClockwise) {
  EXPECT_EQ(turned_by(0, 0), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(turned_by(1, 0), (std::vector<float>{3, 6, 9, 2, 5, 8, 1, 4, 7}));
  EXPECT_EQ(turned_by(2, 0), (std::vector<float>{9, 8, 7, 6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(turned_by(3, 0), (std::vector<float>{7, 4, 1, 8, 5, 2, 9, 6, 3}));
  EXPECT_EQ(turned_by(0, 1), (std::vector<float>{1, 4, 7, 2, 5, 8, 3, 6, 9}));
}

// Within five standard deviations of a binomial of 8,000 draws.
TEST(RandomTurn, AllAreAsLikely) {
  std::map<std::vector<float>, int> counts;
  for (std::uint32_t sample = 0; sample < 8000; ++sample) {
    ++counts[drawn(RandomTurn{.transpose = true}, 1, sample)];
  }
  EXPECT_EQ(counts.size(), 8U);
  for (const auto& [turn, count] : counts) EXPECT_NEAR(count, 1000, 148);
  EXPECT_EQ(drawn(RandomTurn{}, 1, 3)[1], 0);
}

TEST(RandomTurn, NeedsSquares) {
  const std::array<float, 2> row{0, 0};
  EXPECT_THROW(RandomTurn{}.matrix(row, {.height = 3, .width = 4}), Error);
}

}  // namespace
}  // namespace lathe::augment
