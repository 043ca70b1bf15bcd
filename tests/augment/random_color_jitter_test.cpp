#include "augment/random_color_jitter.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomColorJitter, IsTheFourOneAfterTheOther) {
  const RandomColorJitter jitter{.brightness = {0.1, 0.1},
                                 .contrast = {0.5, 0.5},
                                 .saturation = {-0.3, -0.3},
                                 .hue = {0.2, 0.2}};
  const std::vector<float> pixels{10, 90, 200, 50, 60, 70};
  EXPECT_EQ(
      applied_rgb(jitter, pixels),
      applied_rgb(
          Pipeline{RandomBrightness{{0.1, 0.1}}, RandomContrast{{0.5, 0.5}},
                   RandomSaturation{{-0.3, -0.3}}, RandomHue{{0.2, 0.2}}},
          pixels));
  EXPECT_EQ(applied_rgb(RandomColorJitter{}, pixels), pixels);
}

// Within five standard deviations of a binomial of 9,600 draws.
TEST(RandomColorJitter, AllOrdersAreAsLikely) {
  const RandomColorJitter jitter{.brightness = 0.1,
                                 .contrast = 0.1,
                                 .saturation = 0.1,
                                 .hue = 0.1,
                                 .random_order = true};
  std::map<std::vector<ColorKind>, int> counts;
  for (std::uint32_t sample = 0; sample < 9600; ++sample) {
    std::vector<ColorStep> steps(4);
    jitter.colors(drawn(jitter, 1, sample), steps);
    std::vector<ColorKind> order;
    for (const ColorStep& step : steps) order.push_back(step.kind);
    ++counts[order];
  }
  EXPECT_EQ(counts.size(), 24U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 400, 98);
}

}  // namespace
}  // namespace lathe::augment
