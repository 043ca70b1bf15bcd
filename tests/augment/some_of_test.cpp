#include "augment/some_of.h"

#include <gtest/gtest.h>

#include <map>

#include "augment/random_brightness.h"
#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

/// Children that add 1, 2, 4 and 8 of 255, so that a sum names a choice.
SomeOf adding(const Range& n, float p = 1) {
  SomeOf some{.operations = {}, .n = n, .p = p};
  for (const double step : {1.0, 2.0, 4.0, 8.0}) {
    some.operations.emplace_back(RandomBrightness{{step / 255, step / 255}});
  }
  return some;
}

int choice(const std::vector<float>& row) {
  int choice = 0;
  for (std::size_t i = 0; i < 4; ++i) choice += row[i] != 0 ? 1 << i : 0;
  return choice;
}

// Within five standard deviations of binomials.
TEST(SomeOf, AllChoicesOfAsManyAreAsLikely) {
  const Augmentation two(adding(2));
  std::map<int, int> counts;
  for (std::uint32_t sample = 0; sample < 30000; ++sample) {
    ++counts[choice(drawn(two, 1, sample))];
  }
  EXPECT_EQ(counts.size(), 6U);
  for (const auto& [chosen, count] : counts) {
    EXPECT_NEAR(count, 5000, 323) << chosen;
  }
}

TEST(SomeOf, AllNumbersOfARangeAreAsLikely) {
  const Augmentation some(adding({1, 3}, 0.75F));
  std::map<int, int> counts;
  for (std::uint32_t sample = 0; sample < 20000; ++sample) {
    ++counts[__builtin_popcount(
        static_cast<unsigned>(choice(drawn(some, 1, sample))))];
  }
  EXPECT_EQ(counts.size(), 4U);
  for (const auto& [number, count] : counts) {
    EXPECT_NEAR(count, 5000, 307) << number;
  }
}

TEST(SomeOf, DoesWhatItDrew) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Pipeline pipeline{adding({0, 4})};
    const Tensor table({1, pipeline.row_length()});
    const std::uint32_t id = 0;
    const BatchKey key{.seed = seed, .epoch = 0, .sample_ids = {&id, 1}};
    pipeline.draw(key, table);
    const Tensor input({1, 1, 1, 1});
    const Tensor output({1, 1, 1, 1});
    pipeline.apply({.images = input, .masks = {}}, key,
                   {.images = output, .masks = {}, .scale = 1});
    const auto row = table.values<float>();
    EXPECT_NEAR(output.values<float>()[0],
                choice({row.begin(), row.begin() + 4}), 1e-4)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace lathe::augment
