#include "core/philox.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lathe {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, 0),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0U, ~0U, ~0U, ~0U}, ~std::uint64_t{0}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       0x299f31d0a4093822),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, InOrderAndAtAnIndexAgree) {
  const RandomKey key{.seed = 7, .epoch = 3, .sample = 11, .operation = 5};
  Philox ordered(key);
  for (std::uint32_t i = 0; i < 19; ++i) {
    EXPECT_EQ(ordered.next(), Philox(key).at(i)) << "at " << i;
  }
}

TEST(Philox, EveryPartOfTheKeyCounts) {
  const RandomKey key{.seed = 7, .epoch = 3, .sample = 11, .operation = 5};
  const std::uint32_t plain = Philox(key).at(0);
  RandomKey other = key;
  other.seed ^= std::uint64_t{1} << 40;
  EXPECT_NE(Philox(other).at(0), plain);
  other = key;
  other.epoch += 1;
  EXPECT_NE(Philox(other).at(0), plain);
  other = key;
  other.sample += 1;
  EXPECT_NE(Philox(other).at(0), plain);
  other = key;
  other.operation += 1;
  EXPECT_NE(Philox(other).at(0), plain);
}

// 100,000 draws: the mean of a uniform has a standard error of 0.0009, of a
// normal 0.003; five of those are allowed.
TEST(Philox, MomentsAreRight) {
  Philox random({.seed = 1});
  constexpr int kDraws = 100000;
  double uniform = 0;
  double normal = 0;
  double square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const float u = random.uniform();
    ASSERT_GE(u, 0.0F);
    ASSERT_LT(u, 1.0F);
    uniform += u;
  }
  for (int i = 0; i < kDraws; ++i) {
    const double n = random.normal();
    normal += n;
    square += n * n;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.0046);
  EXPECT_NEAR(normal / kDraws, 0.0, 0.016);
  EXPECT_NEAR(square / kDraws, 1.0, 0.023);
}

}  // namespace
}  // namespace lathe
