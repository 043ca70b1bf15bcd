#include "augment/random_mixup.h"

#include <gtest/gtest.h>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"
#include "tests/augment/mixed_batch.h"

namespace lathe::augment {
namespace {

// Beta(a, a) has mean 1/2 and variance 1 / (8 a + 4). Five standard errors:
// that of a mean is the root of variance / n, and that of a variance at most
// 1/4 by the root of 1 / n, as no number is further than 1/2 from the mean.
TEST(RandomMixUp, WeightsAreOfTheBetaDistribution) {
  for (const float alpha : {0.2F, 0.5F, 1.0F, 4.0F}) {
    SCOPED_TRACE(concat("alpha ", alpha));
    const Augmentation operation = RandomMixUp{.alpha = alpha};
    double sum = 0;
    double squares = 0;
    double fourths = 0;
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const double weight = drawn(operation, 5, i)[1];
      ASSERT_GE(weight, 0);
      ASSERT_LE(weight, 1);
      const double distance = weight - 0.5;
      sum += distance;
      squares += distance * distance;
      fourths += distance * distance * distance * distance;
    }
    const double variance = 1 / (8.0 * alpha + 4);
    const double kurtosis = 3 - 6 / (2.0 * alpha + 3);
    EXPECT_NEAR(sum / kDraws, 0, 5 * std::sqrt(variance / kDraws));
    EXPECT_NEAR(squares / kDraws, variance, 5 * 0.25 / std::sqrt(kDraws));
    // And the shape: the fourth moment is the variance squared by the kurtosis.
    EXPECT_NEAR(fourths / kDraws, kurtosis * variance * variance,
                5 * 0.0625 / std::sqrt(kDraws));
  }
}

// Five standard errors of a binomial are at most 2.5 roots of n.
TEST(RandomMixUp, IsDoneAsOftenAsToldAndWithEachOfTheOthersAlike) {
  const Augmentation operation = RandomMixUp{.alpha = 1, .p = 0.3F};
  std::array<int, 5> partners{};
  int done = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::vector<float> row = drawn(operation, 6, i);
    const MixStep step = operation.effects()[0]->mix(
        row, {.height = 4, .width = 4}, {.index = 2, .samples = 5});
    if (step.kind == MixKind::none) continue;
    ++done;
    ++partners[static_cast<std::size_t>(step.partners[0])];
  }
  const double error = 2.5 * std::sqrt(kDraws);
  EXPECT_NEAR(done, 0.3 * kDraws, error);
  EXPECT_EQ(partners[2], 0);
  for (const std::size_t other : {0U, 1U, 3U, 4U}) {
    EXPECT_NEAR(partners[other], done / 4.0, error);
  }
}

TEST(RandomMixUp, BlendsImagesAndLabelsAlikeAndTakesTheMaskOfTheLargerPart) {
  const MixedBatch mixed(Pipeline{RandomMixUp{.alpha = 1}}, {6, 3, 5, 1}, 8);
  for (std::int64_t n = 0; n < 6; ++n) {
    float expected = 0;
    std::int64_t largest = 0;
    for (std::int64_t c = 0; c < 6; ++c) {
      const float part = mixed.label(n)[static_cast<std::size_t>(c)];
      expected += part * static_cast<float>(c);
      if (part > 0.5F) largest = c;
    }
    EXPECT_LT(mixed.label(n)[static_cast<std::size_t>(n)], 1);
    for (const float value : mixed.image(n)) EXPECT_NEAR(value, expected, 1e-6);
    EXPECT_EQ(mixed.counted(n)[static_cast<std::size_t>(largest)], 1);
  }
}

TEST(RandomMixUp, BlendsMasksThatAreHeatMaps) {
  const MixedBatch mixed(
      Pipeline({RandomMixUp{.alpha = 1}},
               {.mask_interpolation = Interpolation::bilinear}),
      {6, 3, 5, 1}, 8, DType::float32);
  for (std::int64_t n = 0; n < 6; ++n) {
    const auto mask = mixed.masks.rows(n, 1).values<float>();
    for (std::size_t i = 0; i < mask.size(); ++i) {
      EXPECT_EQ(mask[i], mixed.image(n)[i]);
    }
  }
}

TEST(RandomMixUp, RefusesBadOptionsAndABatchOfOne) {
  EXPECT_THROW(parse("mixup=0"), Error);
  EXPECT_THROW(parse("mixup=101"), Error);
  EXPECT_THROW(parse("mixup(p=1.5)"), Error);
  EXPECT_THROW(applied(RandomMixUp{}, {1, 2, 3, 4}, 2), Error);
}

}  // namespace
}  // namespace lathe::augment
