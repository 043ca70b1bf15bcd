#include "augment/random_mosaic.h"

#include <gtest/gtest.h>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

MixStep step_of(const std::vector<float>& row) {
  return Augmentation(RandomMosaic{})
      .effects()[0]
      ->mix(row, {.height = 10, .width = 20}, {.index = 1, .samples = 4});
}

TEST(RandomMosaic, TheWindowStaysWithinTheTiles) {
  const MixStep step = step_of({0, 0.5F, 0.9F, 1.5F, 0.5F, 1, 3});
  EXPECT_EQ(step.numbers, (std::array<float, 4>{1.5F, 5, 5, 3}));
  EXPECT_EQ(step.partners, (std::array<std::int32_t, 3>{2, 3, 0}));
  EXPECT_EQ(step_of({0, 0, 0, 1, 0, 0, 0}).kind, MixKind::none);
}

// Five standard errors: of uniform numbers and of a binomial.
TEST(RandomMosaic, NumbersAreDrawnAsTold) {
  const Augmentation operation = RandomMosaic{.scale = {1.5, 2}, .p = 0.6F};
  int done = 0;
  double scales = 0;
  std::array<int, 4> firsts{};
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::vector<float> row = drawn(operation, 4, i);
    if (row[3] == 1.0F) continue;
    ++done;
    ASSERT_GE(row[3], 1.5F);
    ASSERT_LE(row[3], 2);
    scales += row[3] - 1.75;
    ++firsts.at(static_cast<std::size_t>(row[6]));
  }
  const double error = 2.5 * std::sqrt(kDraws);
  EXPECT_NEAR(done, 0.6 * kDraws, error);
  EXPECT_NEAR(scales / done, 0, 5 * std::sqrt(0.25 / 12 / done));
  for (const int count : firsts) EXPECT_NEAR(count, done / 4.0, error);
}

TEST(RandomMosaic, RefusesBadOptionsAndABatchOfOne) {
  EXPECT_THROW(parse("mosaic=0.5"), Error);
  EXPECT_THROW(parse("mosaic=1:3"), Error);
  EXPECT_THROW(parse("mosaic(p=2)"), Error);
  EXPECT_THROW(applied(RandomMosaic{}, {1, 2, 3, 4}, 2), Error);
}

}  // namespace
}  // namespace lathe::augment
