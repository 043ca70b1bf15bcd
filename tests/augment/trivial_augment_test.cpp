#include "augment/trivial_augment.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// Within five standard deviations of binomials of 42,000 draws.
TEST(TrivialAugment, ChoosesAllOperationsAndMagnitudesAsOften) {
  const Augmentation operation(TrivialAugment{});
  std::map<float, int> counts;
  std::map<float, int> angles;
  std::set<float> bits;
  for (std::uint32_t sample = 0; sample < 42000; ++sample) {
    const auto row = drawn(operation, 1, sample);
    ++counts[row[0]];
    if (row[0] == static_cast<float>(PolicyKind::rotate)) ++angles[row[1]];
    if (row[0] == static_cast<float>(PolicyKind::posterize)) {
      bits.insert(row[1]);
    }
  }
  EXPECT_EQ(counts.size(), 14U);
  for (const auto& [kind, count] : counts) EXPECT_NEAR(count, 3000, 264);
  // 31 magnitudes of two signs, of which the two zeros are one.
  EXPECT_EQ(angles.size(), 61U);
  EXPECT_EQ(angles.begin()->first, -135);
  EXPECT_EQ(angles.rbegin()->first, 135);
  EXPECT_NEAR(angles[0], 3000.0 / 31, 49);
  for (const auto& [angle, count] : angles) EXPECT_LT(count, 150) << angle;
  EXPECT_EQ(bits, (std::set<float>{2, 3, 4, 5, 6, 7, 8}));
}

TEST(TrivialAugment, IsOnePass) {
  EXPECT_NE((Pipeline{TrivialAugment{}}).summary().find("in 1 pass"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe::augment
