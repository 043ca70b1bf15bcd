#include "core/augmentation/filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "core/augmentation/noise.h"
#include "core/augmentation/stencil.h"
#include "core/error.h"
#include "core/parallel.h"
#include "tests/core/filter_cases.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe {
namespace {

using testing::filters::fits;
using testing::filters::kRange;
using testing::filters::kSamples;
using testing::filters::kShapes;
using testing::filters::kSteps;
using testing::filters::name_of;
using testing::filters::of;

// The step on the second sample, while others keep theirs.
Tensor filtered(Device device, const Tensor& images, const FilterStep& step) {
  Tensor result(images.shape());
  result.copy_from(images);
  std::vector<FilterStep> steps(static_cast<std::size_t>(images.shape()[0]));
  steps[steps.size() / 2] = step;
  filter(device, {.steps = steps.data(), .count = 1, .range = kRange}, result);
  return result;
}

// Bytes, so that no value lies where rounding decides about its bin.
Tensor byte_images(const Shape& shape) {
  Tensor images = testing::random_tensor(shape, DType::float32, 3, 0, 1);
  for (float& value : images.values<float>()) {
    // Some bytes more often than others.
    value = std::floor(value * value * 250) * (4.0F / 255) - 1;
  }
  return images;
}

// Values up to 3 of up to 63 products each (2^-22 apart at 3, so about 1e-5),
// noise of approximated logarithms and cosines (1e-6 of 4); other filters agree
// much closer.
TEST(Filter, CpuAgreesWithReference) {
  for (const Shape& shape : kShapes) {
    const Tensor images = byte_images(shape);
    for (const FilterStep& step : kSteps) {
      if (!fits(step, shape)) continue;
      SCOPED_TRACE(concat(shape, ", ", name_of(step)));
      testing::expect_close(filtered(Device::cpu, images, step),
                            filtered(Device::reference, images, step), 0, 2e-5);
    }
  }
}

TEST(Filter, ThreadsChangeNothing) {
  const int threads = thread_count();
  const Tensor images = byte_images({5, 37, 45, 3});
  for (const FilterStep& step : kSteps) {
    const std::vector<FilterStep> steps(5, step);
    const auto run = [&](int count) {
      set_thread_count(count);
      Tensor result(images.shape());
      result.copy_from(images);
      filter(Device::cpu, {.steps = steps.data(), .count = 1, .range = kRange},
             result);
      return result;
    };
    SCOPED_TRACE(name_of(step));
    testing::expect_identical(run(3), run(1));
  }
  set_thread_count(threads);
}

TEST(Filter, OtherSamplesStayAsTheyAre) {
  const Tensor images = byte_images({3, 20, 21, 3});
  for (const FilterStep& step : kSteps) {
    SCOPED_TRACE(name_of(step));
    const Tensor seen = filtered(Device::cpu, images, step);
    testing::expect_identical(seen.rows(0, 1), images.rows(0, 1));
    testing::expect_identical(seen.rows(2, 1), images.rows(2, 1));
  }
}

TEST(Filter, StaysWithinTheRange) {
  const Tensor images = byte_images({3, 20, 21, 3});
  for (const FilterStep& step : kSteps) {
    for (const Device device : {Device::cpu, Device::reference}) {
      const Tensor seen = filtered(device, images, step);
      for (const float value : seen.values<float>()) {
        ASSERT_TRUE(value >= kRange.low && value <= kRange.high)
            << name_of(step) << ": " << value;
      }
    }
  }
}

// Over a million numbers the mean of standard normal ones lies within 0.005
// (five deviations), their variance within 0.008, neighbours' products and
// those of neighbouring seeds within 0.005 of 0.
TEST(Noise, IsStandardNormalAndIndependent) {
  constexpr std::uint32_t kBlocks = 1 << 18;
  double sum = 0;
  double squares = 0;
  double neighbours = 0;
  double seeds = 0;
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    const auto here = normal_numbers(7, block);
    const auto other = normal_numbers(8, block);
    for (std::size_t i = 0; i < 4; ++i) {
      sum += static_cast<double>(here[i]);
      squares += static_cast<double>(here[i] * here[i]);
      neighbours += static_cast<double>(here[i] * here[(i + 1) % 4]);
      seeds += static_cast<double>(here[i] * other[i]);
    }
  }
  constexpr double kCount = 4.0 * kBlocks;
  EXPECT_NEAR(sum / kCount, 0, 0.005);
  EXPECT_NEAR(squares / kCount, 1, 0.008);
  EXPECT_NEAR(neighbours / kCount, 0, 0.005);
  EXPECT_NEAR(seeds / kCount, 0, 0.005);
}

// The line goes through the middle, turns counter-clockwise and has one pixel
// in each column or row.
TEST(MotionStencil, IsALine) {
  const auto line = [](float turns) {
    const Stencil stencil = motion_stencil(5, turns);
    std::string text;
    for (int t = 0; t < stencil.count; ++t) {
      const StencilTap& tap = stencil.taps[static_cast<std::size_t>(t)];
      EXPECT_EQ(tap.weight, 0.2F);
      text += concat(tap.dx, ",", tap.dy, " ");
    }
    return text;
  };
  EXPECT_EQ(line(0), "-2,0 -1,0 0,0 1,0 2,0 ");
  EXPECT_EQ(line(0.25F), "0,2 0,1 0,0 0,-1 0,-2 ");
  EXPECT_EQ(line(0.125F), "-2,2 -1,1 0,0 1,-1 2,-2 ");
  EXPECT_EQ(line(0.0625F), "-2,1 -1,0 0,0 1,0 2,-1 ");
  EXPECT_EQ(line(0.375F), "2,2 1,1 0,0 -1,-1 -2,-2 ");
}

TEST(EraseMasks, FollowsWhereAsked) {
  std::vector<FilterStep> steps{
      {.kind = FilterKind::erase, .numbers = {0, 0, 2, 1, 0.5F, -1, 1}},
      {.kind = FilterKind::erase, .numbers = {0, 0, 2, 2, 0.5F, -1, 0}}};
  Tensor masks = Tensor::from<std::uint8_t>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  erase_masks(Device::cpu, {.steps = steps.data(), .count = 2}, 9, masks);
  testing::expect_identical(
      masks, Tensor::from<std::uint8_t>({1, 2, 3, 1}, {9, 9, 3, 4, 5, 6}));
}

TEST(Filter, RefusesWhatDoesNotFit) {
  const FilterStep step{.kind = FilterKind::jpeg, .numbers = {50}};
  EXPECT_THROW(
      filter(Device::cpu, {.steps = &step, .count = 1}, Tensor({1, 8, 8, 4})),
      Error);
  EXPECT_THROW(filter(Device::cpu, {.steps = &step, .count = 1},
                      Tensor({1, 8, 8, 3}, DType::uint8)),
               Error);
}

}  // namespace
}  // namespace lathe
