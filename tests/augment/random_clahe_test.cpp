#include "augment/random_clahe.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// One tile and no byte above the limit: every value becomes the part of the
// values up to it.
TEST(RandomClahe, OneTileIsEqualization) {
  std::vector<float> ramp;
  for (int i = 0; i < 256; ++i) ramp.push_back(static_cast<float>(255 - i));
  const std::vector<float> seen =
      applied(RandomClahe{.clip_limit = 256, .tiles = 1}, ramp, 16);
  for (int i = 0; i < 256; ++i) {
    EXPECT_NEAR(seen[static_cast<std::size_t>(i)],
                std::nearbyint((256 - i) * 255.0 / 256), 1e-3);
  }
}

// All in one bin: 1 of 256 stays, and what is cut is spread evenly, so a grey
// stays about the grey it was.
TEST(RandomClahe, ALimitKeepsAGreyGrey) {
  const std::vector<float> grey(64 * 64, 100);
  const std::vector<float> seen =
      applied(RandomClahe{.clip_limit = 1, .tiles = 2}, grey, 64);
  for (const float value : seen) EXPECT_NEAR(value, 101, 1);
  EXPECT_EQ(applied(RandomClahe{.p = 0}, grey, 64), grey);
}

TEST(RandomClahe, DrawsTheLimit) {
  const auto rows = many_drawn(RandomClahe{.clip_limit = {2, 6}, .p = 0.25F});
  const auto done = column(rows, 0, [](auto& row) { return row[0] != 0; });
  expect_binomial(done.size(), 0.25);
  expect_uniform(done, 2, 6);
}

TEST(RandomClahe, RefusesLimitsBelowOneAndNoTiles) {
  EXPECT_THROW(Augmentation(RandomClahe{.clip_limit = 0.5}), Error);
  EXPECT_THROW(Augmentation(RandomClahe{.tiles = 65}), Error);
  EXPECT_THROW(Augmentation(RandomClahe{.tiles = 0}), Error);
}

}  // namespace
}  // namespace lathe::augment
