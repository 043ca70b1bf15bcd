#include "augment/random_flip.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

std::array<int, 4> outcomes(const RandomFlip& flip, std::uint32_t draws) {
  std::array<int, 4> counts{};
  for (std::uint32_t sample = 0; sample < draws; ++sample) {
    const std::vector<float> row = drawn(flip, 3, sample);
    ++counts.at((row[0] != 0 ? 1 : 0) + (row[1] != 0 ? 2 : 0));
  }
  return counts;
}

// Four outcomes of probability 1/4: chi square with three degrees of freedom,
// which a right generator exceeds 25 in one of 60,000 seeds.
TEST(RandomFlip, DrawsTheTwoDirectionsApart) {
  constexpr int kFlips = 4000;
  double chi_square = 0;
  for (const int count : outcomes(RandomFlip{}, kFlips)) {
    const double excess = count - kFlips / 4.0;
    chi_square += excess * excess / (kFlips / 4.0);
  }
  EXPECT_LT(chi_square, 25);
}

// 2000 of 4000 with a standard deviation of 32: five of those are allowed.
TEST(RandomFlip, SharedBitFlipsBothWaysOrNot) {
  const auto counts = outcomes({.shared_bit = true}, 4000);
  EXPECT_NEAR(counts[0], 2000, 160);
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(counts[2], 0);
  EXPECT_EQ(counts[0] + counts[3], 4000);
}

TEST(RandomFlip, OneDirectionLeavesTheOtherAlone) {
  const auto horizontal = outcomes({"horizontal"}, 4000);
  EXPECT_EQ(horizontal[2] + horizontal[3], 0);
  EXPECT_NEAR(horizontal[1], 2000, 160);
  const auto vertical = outcomes({"vertical"}, 4000);
  EXPECT_EQ(vertical[1] + vertical[3], 0);
  EXPECT_NEAR(vertical[2], 2000, 160);
}

TEST(RandomFlip, MirrorsRowsAndColumns) {
  const RandomFlip flip;
  const ImageSize size{.height = 5, .width = 9};
  const std::array<float, 2> both{1, 1};
  EXPECT_EQ(flip.matrix(both, size).m,
            (std::array<double, 9>{-1, 0, 8, 0, -1, 4, 0, 0, 1}));
  const std::array<float, 2> none{0, 0};
  EXPECT_EQ(flip.matrix(none, size).m, Matrix{}.m);
}

TEST(RandomFlip, RefusesOtherModes) {
  EXPECT_THROW(Augmentation(RandomFlip{"diagonal"}), Error);
}

}  // namespace
}  // namespace lathe::augment
