#include "augment/random_motion_blur.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

TEST(RandomMotionBlur, SpreadsADotAlongALine) {
  std::vector<float> dot(25);
  dot[12] = 90;
  const auto blurred = [&](double angle) {
    std::string text;
    for (const float value :
         applied(RandomMotionBlur{.kernel_size = 3, .angle = {angle, angle}},
                 dot, 5)) {
      text += value == 0 ? "." : "o";
      EXPECT_NEAR(value, value == 0 ? 0 : 30, 1e-4);
    }
    return text;
  };
  EXPECT_EQ(blurred(0),
            "....."
            "....."
            ".ooo."
            "....."
            ".....");
  EXPECT_EQ(blurred(0.125),
            "....."
            "...o."
            "..o.."
            ".o..."
            ".....");
  EXPECT_EQ(applied(RandomMotionBlur{.p = 0}, dot, 5), dot);
}

TEST(RandomMotionBlur, DrawsSizeAndAngle) {
  const auto rows = many_drawn(
      RandomMotionBlur{.kernel_size = {3, 7}, .angle = 0.1, .p = 0.6F});
  expect_uniform(column(rows, 1), -0.1, 0.1);
  for (const float size : {3.0F, 5.0F, 7.0F}) {
    expect_binomial(
        column(rows, 0, [&](auto& row) { return row[0] == size; }).size(), 0.2);
  }
}

TEST(RandomMotionBlur, RefusesEvenKernels) {
  EXPECT_THROW(Augmentation(RandomMotionBlur{.kernel_size = {3, 6}}), Error);
  EXPECT_THROW(Augmentation(RandomMotionBlur{.angle = 1}), Error);
}

}  // namespace
}  // namespace lathe::augment
