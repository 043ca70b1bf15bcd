#include "augment/policy.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/fixed_policy.h"

namespace lathe::augment {
namespace {

using Pixels = std::vector<float>;

Pixels after(PolicyKind kind, float amount, const Pixels& pixels,
             std::int64_t width) {
  return applied(FixedPolicy{kind, amount}, pixels, width);
}

TEST(Policy, MovesPixels) {
  const Pixels image{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(after(PolicyKind::identity, 0, image, 3), image);
  EXPECT_EQ(after(PolicyKind::translate_x, 0.4F, image, 3),
            (Pixels{0, 1, 2, 0, 4, 5, 0, 7, 8}));
  EXPECT_EQ(after(PolicyKind::translate_y, -0.7F, image, 3),
            (Pixels{7, 8, 9, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(after(PolicyKind::shear_x, 1, image, 3),
            (Pixels{1, 2, 3, 0, 4, 5, 0, 0, 7}));
  EXPECT_EQ(after(PolicyKind::shear_y, -1, image, 3),
            (Pixels{1, 5, 9, 4, 8, 0, 7, 0, 0}));
  EXPECT_EQ(after(PolicyKind::rotate, 90, image, 3),
            (Pixels{3, 6, 9, 2, 5, 8, 1, 4, 7}));
  FixedPolicy by_pixels{PolicyKind::translate_x, 2.9F};
  by_pixels.reading.translates_pixels = true;
  EXPECT_EQ(applied(by_pixels, image, 3), (Pixels{0, 0, 1, 0, 0, 4, 0, 0, 7}));
}

// A byte's rounding of float32 is far below 1e-3.
void expect_near(const Pixels& actual, const Pixels& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], 1e-3) << i;
  }
}

TEST(Policy, ChangesColors) {
  expect_near(after(PolicyKind::brightness, -0.5F, {0, 100, 200}, 3),
              {0, 50, 100});
  expect_near(after(PolicyKind::contrast, 0.5F, {80, 100, 120}, 3),
              {70, 100, 130});
  expect_near(after(PolicyKind::posterize, 1, {0, 127, 128, 255}, 4),
              {0, 0, 128, 128});
  expect_near(after(PolicyKind::solarize, 0.5F, {0, 127, 128, 255}, 4),
              {0, 127, 127, 0});
  expect_near(after(PolicyKind::invert, 0, {0, 100, 255}, 3), {255, 155, 0});
  // Greys of 29.89 and 0.2989 * 100 + 0.587 * 50 = 59.24.
  expect_near(applied_rgb(FixedPolicy{PolicyKind::color, -0.5F},
                          {100, 0, 0, 100, 50, 0}),
              {64.945F, 14.945F, 14.945F, 79.62F, 54.62F, 29.62F});
  expect_near(applied_rgb(FixedPolicy{PolicyKind::color, 1}, {100, 50, 0}),
              {140.76F, 40.76F, 0});
}

TEST(Policy, ChangesNeighbourhoodsAndHistograms) {
  expect_near(after(PolicyKind::autocontrast, 0, {50, 100, 150}, 3),
              {0, 127.5F, 255});
  const Pixels flat(9, 70);
  expect_near(after(PolicyKind::sharpness, 0.9F, flat, 3), flat);
  // The middle is smoothed to 13/13 of 8 eights of 0 and 5/13 of 130.
  const Pixels dot{0, 0, 0, 0, 130, 0, 0, 0, 0};
  EXPECT_NEAR(after(PolicyKind::sharpness, -1, dot, 3)[4], 50, 1e-3);
  EXPECT_NEAR(after(PolicyKind::sharpness, 0.5F, dot, 3)[4], 170, 1e-3);
  EXPECT_NEAR(after(PolicyKind::sharpness, 0, dot, 3)[4], 130, 1e-3);
  expect_near(after(PolicyKind::equalize, 0, {0, 1, 2, 3}, 4),
              {0, 85, 170, 255});
}

// torchvision's magnitudes: linspace(0, most, 31), and the bits rounded.
TEST(Policy, AmountsGrowFromNoneToFull) {
  const PolicySpace space;
  EXPECT_FLOAT_EQ(space.amount(PolicyKind::rotate, 0.3F, false), 9);
  EXPECT_FLOAT_EQ(space.amount(PolicyKind::rotate, 0.3F, true), -9);
  EXPECT_FLOAT_EQ(space.amount(PolicyKind::translate_x, 1, true),
                  -150.0F / 331);
  EXPECT_FLOAT_EQ(space.amount(PolicyKind::solarize, 0.25F, true), 0.75F);
  EXPECT_EQ(space.amount(PolicyKind::posterize, 0.3F, true), 7);
  EXPECT_EQ(space.amount(PolicyKind::posterize, 1, false), 4);
  EXPECT_EQ(space.amount(PolicyKind::equalize, 1, true), 0);
}

TEST(Policy, DescribesAmountsWhereThereAreSome) {
  EXPECT_EQ(describe_policy(std::vector<float>{5, -12.5F, 13, 0}),
            "rotate -12.5, equalize");
}

}  // namespace
}  // namespace lathe::augment
