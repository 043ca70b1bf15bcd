#include "augment/auto_augment.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// Each operation's share follows from the table; within five standard
// deviations of binomials.
TEST(AutoAugment, DoesEachOperationAsOftenAsTheTableSays) {
  constexpr int kDraws = 50000;
  const Augmentation operation(AutoAugment{});
  std::array<std::map<PolicyKind, int>, 2> counts;
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    const auto row = drawn(operation, 1, sample);
    for (std::size_t i = 0; i < 2; ++i) {
      ++counts[i][static_cast<PolicyKind>(static_cast<int>(row[2 * i]))];
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    std::map<PolicyKind, double> shares;
    for (const auto& pair : AutoAugment::pairs()) {
      shares[pair[i].kind] += pair[i].p / 25.0;
      shares[PolicyKind::identity] += (1 - pair[i].p) / 25.0;
    }
    for (const auto& [kind, share] : shares) {
      EXPECT_NEAR(counts[i][kind], kDraws * share,
                  5 * std::sqrt(kDraws * share * (1 - share)) + 0.5)
          << name_of(kind);
    }
  }
}

// The first pair is posterize at 8 of 9 and rotate at 9 of 9.
TEST(AutoAugment, MagnitudesAreOfTen) {
  const Augmentation operation(AutoAugment{});
  bool seen = false;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    const auto row = drawn(operation, 1, sample);
    const auto first = static_cast<PolicyKind>(static_cast<int>(row[0]));
    const auto second = static_cast<PolicyKind>(static_cast<int>(row[2]));
    if (first != PolicyKind::posterize || second != PolicyKind::rotate)
      continue;
    seen = true;
    EXPECT_EQ(row[1], 4);
    EXPECT_EQ(std::abs(row[3]), 30);
  }
  EXPECT_TRUE(seen);
}

TEST(AutoAugment, RefusesOtherTables) {
  EXPECT_THROW(Augmentation(AutoAugment{.policy = "mnist"}), Error);
}

}  // namespace
}  // namespace lathe::augment
