#include "core/augmentation/color.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/augmentation/resample.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/philox.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe {
namespace {

constexpr std::int64_t kSamples = 3;

// As a policy would draw them: other numbers for every sample.
std::vector<ColorStep> drawn(const std::vector<ColorKind>& kinds) {
  Philox random({.seed = 3});
  std::vector<ColorStep> steps;
  for (std::int64_t n = 0; n < kSamples; ++n) {
    for (const ColorKind kind : kinds) {
      const float number = random.uniform(-0.5F, 0.5F);
      const bool around_one = needs_means(kind) || mixes_channels(kind) ||
                              kind == ColorKind::gamma ||
                              kind == ColorKind::exposure;
      const bool below_one = kind == ColorKind::shuffle;
      steps.push_back({.kind = kind,
                       .a = around_one  ? 1 + number
                            : below_one ? 0.5F + number
                                        : number});
    }
  }
  return steps;
}

Tensor images(const Shape& shape, DType dtype) {
  return dtype == DType::uint8
             ? testing::random_integers(shape, dtype, 7, 256)
             : testing::random_tensor(shape, dtype, 7, 0, 255);
}

// The first image is mirrored, whole pixels as they are; the others are turned.
Tensor colored(Device device, const Tensor& input, DType dtype,
               const std::vector<ColorStep>& steps) {
  Tensor output(input.shape(), dtype);
  Tensor rows({kSamples, kRowLength});
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto row = rows.values<float>().subspan(
        static_cast<std::size_t>(n * kRowLength), kRowLength);
    row[0] = n == 0 ? -1.0F : 0.9F;
    row[1] = 0.1F * static_cast<float>(n);
    row[2] = n == 0 ? static_cast<float>(input.shape()[2] - 1) : 0.0F;
    row[4] = n == 0 ? 1.0F : 0.9F;
  }
  resample(device, {.scale = dtype == DType::uint8 ? 1.0F : 0.5F}, input, rows,
           output,
           {.steps = steps.data(),
            .count = static_cast<std::int64_t>(steps.size()) / kSamples});
  return output;
}

const std::vector<std::vector<ColorKind>> kLists{
    {ColorKind::brightness},
    {ColorKind::contrast},
    {ColorKind::none, ColorKind::brightness, ColorKind::none},
    {ColorKind::brightness, ColorKind::contrast, ColorKind::brightness},
    {ColorKind::contrast, ColorKind::contrast, ColorKind::brightness,
     ColorKind::contrast},
    {ColorKind::exposure, ColorKind::grey_contrast},
    {ColorKind::saturation, ColorKind::hue},
    {ColorKind::grayscale, ColorKind::gamma, ColorKind::contrast},
    {ColorKind::brightness, ColorKind::contrast, ColorKind::gamma},
    {ColorKind::contrast, ColorKind::gamma, ColorKind::hue,
     ColorKind::contrast},
    {ColorKind::invert, ColorKind::solarize, ColorKind::shuffle}};

// What mixes channels is for three, and what shuffles them for up to four.
bool fits(const std::vector<ColorKind>& kinds, std::int64_t channels) {
  return std::ranges::none_of(kinds, [&](ColorKind kind) {
    return (mixes_channels(kind) && channels != 1 && channels != 3) ||
           (kind == ColorKind::shuffle && channels > 4);
  });
}

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
