#include "augment/rand_augment.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// Within five standard deviations of binomials.
TEST(RandAugment, ChoosesAllOperationsAsOftenWithEitherSign) {
  constexpr int kSampled = 42000;
  const Augmentation operation(RandAugment{.num_ops = 2, .magnitude = 10});
  std::array<std::map<float, int>, 2> counts;
  int negative = 0;
  int rotated = 0;
  int doubled = 0;
  for (std::uint32_t sample = 0; sample < kSampled; ++sample) {
    const auto row = drawn(operation, 1, sample);
    for (std::size_t i = 0; i < 2; ++i) {
      ++counts[i][row[2 * i]];
      if (row[2 * i] != static_cast<float>(PolicyKind::rotate)) continue;
      EXPECT_FLOAT_EQ(std::abs(row[2 * i + 1]), 10);
      ++rotated;
      if (row[2 * i + 1] < 0) ++negative;
    }
    if (row[0] == row[2]) ++doubled;
  }
  for (const auto& each : counts) {
    EXPECT_EQ(each.size(), 14U);
    for (const auto& [kind, count] : each) EXPECT_NEAR(count, 3000, 264);
  }
  EXPECT_NEAR(negative, rotated / 2, 2.5 * std::sqrt(rotated));
  EXPECT_NEAR(doubled, 3000, 264);
}

TEST(RandAugment, MagnitudeZeroChangesOnlyHistograms) {
  const Augmentation none(RandAugment{.num_ops = 1, .magnitude = 0});
  for (std::uint32_t sample = 0; sample < 100; ++sample) {
    const auto row = drawn(none, 1, sample);
    const auto kind = static_cast<PolicyKind>(static_cast<int>(row[0]));
    const float expected = kind == PolicyKind::posterize  ? 8.0F
                           : kind == PolicyKind::solarize ? 1.0F
                                                          : 0.0F;
    EXPECT_EQ(std::abs(row[1]), expected) << name_of(kind);
  }
}

TEST(RandAugment, IsAPassForEachOperation) {
  EXPECT_NE((Pipeline{RandAugment{.num_ops = 3}}).summary().find("in 3 passes"),
            std::string::npos);
}

TEST(RandAugment, RefusesWhatItCantDraw) {
  EXPECT_THROW(Augmentation(RandAugment{.num_ops = 0}), Error);
  EXPECT_THROW(Augmentation(RandAugment{.magnitude = 31}), Error);
  EXPECT_THROW(Augmentation(RandAugment{.magnitude = -1}), Error);
}

}  // namespace
}  // namespace lathe::augment
