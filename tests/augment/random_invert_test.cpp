#include "augment/random_invert.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomInvert, ExchangesBlackAndWhite) {
  EXPECT_EQ(applied(RandomInvert{.p = 1}, {0, 55, 205, 255}, 2),
            (std::vector<float>{255, 200, 50, 0}));
  EXPECT_EQ(applied(RandomInvert{.p = 0}, {0, 55, 205, 255}, 2),
            (std::vector<float>{0, 55, 205, 255}));
}

// Within five standard deviations of a binomial of 10,000 draws.
TEST(RandomInvert, HappensAsOftenAsItSays) {
  float count = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    count += drawn(RandomInvert{.p = 0.7F}, 1, sample)[0];
  }
  EXPECT_NEAR(count, 7000, 230);
}

}  // namespace
}  // namespace lathe::augment
