#include "augment/random_posterization.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomPosterization, KeepsTheHighestBits) {
  EXPECT_EQ(applied(RandomPosterization{.bits = 2}, {0, 63, 64, 255}, 2),
            (std::vector<float>{0, 0, 64, 192}));
  EXPECT_EQ(applied(RandomPosterization{.bits = 8}, {0, 63, 64, 255}, 2),
            (std::vector<float>{0, 63, 64, 255}));
}

// Within five standard deviations of a binomial of 10,000 draws.
TEST(RandomPosterization, AllNumbersOfBitsAreAsLikely) {
  std::map<float, int> counts;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    ++counts[drawn(RandomPosterization{.bits = {3, 6}}, 1, sample)[0]];
  }
  EXPECT_EQ(counts.size(), 4U);
  for (const auto& [bits, count] : counts) EXPECT_NEAR(count, 2500, 217);
}

TEST(RandomPosterization, RefusesMoreThanAByte) {
  EXPECT_THROW(Augmentation(RandomPosterization{.bits = 9}), Error);
}

}  // namespace
}  // namespace lathe::augment
