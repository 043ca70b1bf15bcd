#include "core/bfloat16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/philox.h"

namespace lathe {
namespace {

std::uint16_t bits_of(float x) {
  return BFloat16(x).bits;
}

TEST(BFloat16, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(bits_of(1.0F), 0x3F80);
  EXPECT_EQ(bits_of(1.0F + 0x1p-8F), 0x3F80);
  EXPECT_EQ(bits_of(1.0F + 0x1p-8F + 0x1p-23F), 0x3F81);
  EXPECT_EQ(bits_of(1.0F + 3 * 0x1p-8F), 0x3F82);
  EXPECT_EQ(bits_of(-1.0F - 3 * 0x1p-8F), 0xBF82);
  EXPECT_EQ(bits_of(-0.0F), 0x8000);
}

TEST(BFloat16, IsNoFurtherThanAnyOther) {
  Philox random({.seed = 3});
  for (int i = 0; i < 100000; ++i) {
    const auto x = std::bit_cast<float>(random.next());
    if (!std::isfinite(x)) continue;
    const BFloat16 near(x);
    if (!std::isfinite(static_cast<float>(near))) continue;
    const double distance = std::abs(static_cast<double>(x) - near);
    for (const int step : {-1, 1}) {
      BFloat16 other = near;
      other.bits = static_cast<std::uint16_t>(near.bits + step);
      const double apart = std::abs(static_cast<double>(x) - other);
      if (!std::isfinite(apart)) continue;
      ASSERT_LE(distance, apart) << x;
      if (distance == apart) {
        ASSERT_EQ(near.bits % 2, 0) << x;
      }
    }
    // What it stores exactly comes back.
    ASSERT_EQ(BFloat16(static_cast<float>(near)).bits, near.bits);
  }
}

TEST(BFloat16, KeepsWhatIsNoNumberAndOverflowsToInfinity) {
  using Limits = std::numeric_limits<float>;
  EXPECT_TRUE(std::isnan(BFloat16(Limits::quiet_NaN())));
  // Whose upper half alone would be infinity.
  EXPECT_TRUE(std::isnan(BFloat16(std::bit_cast<float>(0x7F800001U))));
  EXPECT_EQ(BFloat16(Limits::infinity()), Limits::infinity());
  EXPECT_EQ(BFloat16(Limits::max()), Limits::infinity());
  EXPECT_EQ(BFloat16(-Limits::max()), -Limits::infinity());
}

}  // namespace
}  // namespace lathe
