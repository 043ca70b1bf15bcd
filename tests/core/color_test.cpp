#include "core/augmentation/color.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/augmentation/resample.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/philox.h"
#include "tests/core/color_cases.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe {
namespace {

using testing::colors::colored;
using testing::colors::drawn;
using testing::colors::fits;
using testing::colors::images;
using testing::colors::kLists;
using testing::colors::kSamples;

// Values of up to 255 that are some roundings apart (2^-17 there), as are the
// means, whose sums are of float32 within a row; contrasts multiply that by up
// to 1.5 each. Bytes may then round either way.
TEST(Color, CpuAgreesWithReference) {
  for (const Shape& shape :
       {Shape{3, 37, 45, 3}, Shape{3, 33, 32, 1}, Shape{3, 5, 64, 4},
        Shape{3, 9, 40, 5}, Shape{3, 1, 1, 1}, Shape{3, 2, 3, 7}}) {
    for (const auto& kinds : kLists) {
      if (!fits(kinds, shape[3])) continue;
      const std::vector<ColorStep> steps = drawn(kinds);
      for (const DType from : {DType::uint8, DType::float32}) {
        const Tensor input = images(shape, from);
        for (const DType to : {DType::uint8, DType::float32}) {
          SCOPED_TRACE(concat(shape, " ", from, " to ", to, ", ", kinds.size(),
                              " steps from ", static_cast<int>(kinds.front())));
          testing::expect_close(colored(Device::cpu, input, to, steps),
                                colored(Device::reference, input, to, steps), 0,
                                to == DType::uint8 ? 1 : 5e-4);
        }
      }
    }
  }
}

TEST(Color, ThreadsChangeNothing) {
  const int threads = thread_count();
  const Tensor input = images({3, 70, 45, 3}, DType::uint8);
  for (const auto& kinds : kLists) {
    const std::vector<ColorStep> steps = drawn(kinds);
    set_thread_count(1);
    const Tensor expected = colored(Device::cpu, input, DType::float32, steps);
    set_thread_count(3);
    testing::expect_identical(
        colored(Device::cpu, input, DType::float32, steps), expected);
  }
  set_thread_count(threads);
}

// About 0.2989 * 100 + 0.587 * 50 = 59.24, but for one channel its own mean.
TEST(Color, GreyContrastIsAboutOneMean) {
  const ColorStep step{.kind = ColorKind::grey_contrast, .a = 0.5F};
  const std::vector<float> means{100, 50, 0};
  std::vector<float> pixel{100, 0, 255};
  change_color(step, means.data(), {}, pixel.data(), 3);
  EXPECT_NEAR(pixel[0], 79.62F, 1e-4);
  EXPECT_NEAR(pixel[1], 29.62F, 1e-4);
  EXPECT_NEAR(pixel[2], 157.12F, 1e-4);
  change_color(step, means.data(), {}, pixel.data(), 1);
  EXPECT_NEAR(pixel[0], 89.81F, 1e-4);
}

TEST(Color, ClipsToTheRange) {
  const ValueRange range{.low = -1, .high = 1};
  EXPECT_EQ(clip(3, range), 1);
  EXPECT_EQ(clip(-3, range), -1);
  EXPECT_EQ(clip(0.25F, range), 0.25F);
  EXPECT_EQ(brightened(0.5F, {.a = -0.5F}, range), -0.5F);
  EXPECT_EQ(exposed(0, {.a = 0.5F}, range), -0.5F);
  EXPECT_EQ(contrasted(0.5F, {.a = 0.5F}, 0.25F, range), 0.375F);
}

}  // namespace
}  // namespace lathe
