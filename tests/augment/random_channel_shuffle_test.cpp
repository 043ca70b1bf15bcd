#include "augment/random_channel_shuffle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// Within five standard deviations of a binomial of 6,000 draws.
TEST(RandomChannelShuffle, AllOrdersAreAsLikely) {
  std::map<std::vector<int>, int> counts;
  for (std::uint32_t sample = 0; sample < 6000; ++sample) {
    const ColorStep step{.a =
                             drawn(RandomChannelShuffle{.p = 1}, 1, sample)[0]};
    ++counts[{shuffled(step, 0, 3), shuffled(step, 1, 3),
              shuffled(step, 2, 3)}];
  }
  EXPECT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) {
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), 3U);
    EXPECT_NEAR(count, 1000, 144);
  }
}

TEST(RandomChannelShuffle, MovesWholeChannels) {
  std::vector<float> seen =
      applied_rgb(RandomChannelShuffle{.p = 1}, {10, 20, 30});
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<float>{10, 20, 30}));
  EXPECT_EQ(drawn(RandomChannelShuffle{.p = 0}, 1, 2)[0], 0);
}

}  // namespace
}  // namespace lathe::augment
