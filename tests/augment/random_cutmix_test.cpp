#include "augment/random_cutmix.h"

#include <gtest/gtest.h>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

MixStep step_of(const std::vector<float>& row, ImageSize size) {
  return Augmentation(RandomCutMix{})
      .effects()[0]
      ->mix(row, size, {.index = 0, .samples = 2});
}

// Keras' rule: pixel i where x0 <= i < x1. A weight of 0.75 is half the
// extents.
TEST(RandomCutMix, TheRectangleIsOfWholePixels) {
  const MixStep step = step_of({0, 0.75F, 0.5F, 1}, {.height = 9, .width = 6});
  EXPECT_EQ(step.numbers, (std::array<float, 4>{2, 5, 5, 9}));
  // The corner of the last pixel.
  EXPECT_EQ(step_of({0, 0, 0.999F, 0.999F}, {.height = 4, .width = 4}).numbers,
            (std::array<float, 4>{0, 0, 4, 4}));
  EXPECT_EQ(step_of({0, 1, 0.3F, 0.3F}, {.height = 9, .width = 6}).kind,
            MixKind::none);
  // No pixel begins within it.
  EXPECT_EQ(step_of({0, 0.99F, 0.1F, 0.5F}, {.height = 4, .width = 4}).kind,
            MixKind::none);
}

// With alpha = 1 weights are uniform: mean 1/2, variance 1/12. Five standard
// errors, as for mixup.
TEST(RandomCutMix, WeightsAndPlacesAreDrawnAsTold) {
  const Augmentation operation = RandomCutMix{};
  std::array<double, 4> sums{};
  std::array<double, 4> squares{};
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::vector<float> row = drawn(operation, 2, i);
    for (std::size_t k = 0; k < 4; ++k) {
      ASSERT_GE(row[k], 0);
      ASSERT_LE(row[k], 1);
      sums[k] += row[k] - 0.5;
      squares[k] += (row[k] - 0.5) * (row[k] - 0.5);
    }
  }
  for (std::size_t k = 0; k < 4; ++k) {
    SCOPED_TRACE(operation.parameters()[k]);
    EXPECT_NEAR(sums[k] / kDraws, 0, 5 * std::sqrt(1.0 / 12 / kDraws));
    EXPECT_NEAR(squares[k] / kDraws, 1.0 / 12, 5 * 0.25 / std::sqrt(kDraws));
  }
}

TEST(RandomCutMix, IsDoneAsOftenAsTold) {
  const Augmentation operation = RandomCutMix{.p = 0.2F};
  int done = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    done += drawn(operation, 3, i)[1] < 1 ? 1 : 0;
  }
  EXPECT_NEAR(done, 0.2 * kDraws, 2.5 * std::sqrt(kDraws));
}

TEST(RandomCutMix, RefusesBadOptionsAndABatchOfOne) {
  EXPECT_THROW(parse("cutmix=-1"), Error);
  EXPECT_THROW(parse("cutmix(p=-0.1)"), Error);
  EXPECT_THROW(applied(RandomCutMix{}, {1, 2, 3, 4}, 2), Error);
}

}  // namespace
}  // namespace lathe::augment
