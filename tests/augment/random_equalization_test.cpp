#include "augment/random_equalization.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// Of five values one is 10, which becomes black; one, three and all four of the
// others are at most 20, 30 and 200.
TEST(RandomEqualization, SpreadsValuesByRank) {
  const std::vector<float> seen =
      applied(RandomEqualization{.p = 1}, {30, 10, 30, 200, 20}, 5);
  const std::vector<float> expected{191, 0, 191, 255, 64};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_NEAR(seen[i], expected[i], 1e-4);
  }
  EXPECT_EQ(applied(RandomEqualization{.p = 0}, {30, 10}, 2),
            (std::vector<float>{30, 10}));
}

// Each by its own: the sixth of another sample or channel changes nothing.
TEST(RandomEqualization, AChannelOfOneByteStays) {
  EXPECT_EQ(applied_rgb(RandomEqualization{.p = 1}, {7, 10, 0, 7, 20, 255}),
            (std::vector<float>{7, 0, 0, 7, 255, 255}));
}

TEST(RandomEqualization, IsDoneAsOftenAsTold) {
  const auto done = column(many_drawn(RandomEqualization{.p = 0.7F}), 0);
  expect_binomial(static_cast<std::size_t>(std::ranges::count(done, 1.0F)),
                  0.7);
}

TEST(RandomEqualization, RefusesWhatIsNoProbability) {
  EXPECT_THROW(Augmentation(RandomEqualization{.p = -1}), Error);
}

}  // namespace
}  // namespace lathe::augment
