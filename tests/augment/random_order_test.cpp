#include "augment/random_order.h"

#include <gtest/gtest.h>

#include <map>

#include "augment/random_brightness.h"
#include "augment/random_invert.h"
#include "augment/random_rotation.h"
#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

RandomOrder three(float p = 1) {
  return {.operations = {RandomBrightness{{0.25, 0.25}}, RandomInvert{1},
                         RandomRotation{{0.125, 0.125}}},
          .p = p};
}

// Within five standard deviations of a binomial of 12,000 draws.
TEST(RandomOrder, AllOrdersAreAsLikely) {
  const Augmentation operation(three());
  std::map<std::vector<float>, int> counts;
  for (std::uint32_t sample = 0; sample < 12000; ++sample) {
    const auto row = drawn(operation, 1, sample);
    ++counts[{row.begin(), row.begin() + 3}];
  }
  EXPECT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 2000, 205);
}

TEST(RandomOrder, DoesItsChildrenInTheDrawnOrder) {
  const std::vector<float> pixels{0, 40, 80, 120, 160, 200, 240, 20, 60};
  std::map<std::vector<float>, int> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Tensor input = Tensor::from<float>({1, 3, 3, 1}, pixels);
    const Tensor output(input.shape());
    const std::uint32_t id = 0;
    const BatchKey key{.seed = seed, .epoch = 0, .sample_ids = {&id, 1}};
    const Pipeline pipeline{three(0.8F)};
    const Tensor table({1, pipeline.row_length()});
    pipeline.draw(key, table);
    pipeline.apply({.images = input, .masks = {}}, key,
                   {.images = output, .masks = {}, .scale = 1});
    const auto row = table.values<float>();
    std::vector<float> expected = pixels;
    for (std::size_t place = 0; place < 3; ++place) {
      if (row[place] < 0) continue;
      const auto child = static_cast<std::size_t>(row[place]);
      expected = applied(three().operations[child], expected, 3);
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(output.values<float>()[i], expected[i], 1e-4)
          << "seed " << seed << ", pixel " << i;
    }
    ++seen[{row.begin(), row.begin() + 3}];
  }
  EXPECT_EQ(seen.size(), 7U);
}

}  // namespace
}  // namespace lathe::augment
