#pragma once

#include <algorithm>
#include <vector>

#include "core/augmentation/resample.h"
#include "core/philox.h"
#include "tests/support/random.h"

// Colours and images that every device changes alike.
namespace lathe::testing::colors {

inline constexpr std::int64_t kSamples = 3;

// As a policy would draw them: other numbers for every sample.
inline std::vector<ColorStep> drawn(const std::vector<ColorKind>& kinds) {
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

inline Tensor images(const Shape& shape, DType dtype) {
  return dtype == DType::uint8 ? random_integers(shape, dtype, 7, 256)
                               : random_tensor(shape, dtype, 7, 0, 255);
}

// The first image is mirrored, whole pixels as they are; the others are turned.
inline Tensor colored(Device device, const Tensor& input, DType dtype,
                      const std::vector<ColorStep>& steps,
                      const GpuMemory& gpu = {}) {
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
  const auto means = std::ranges::count_if(
      steps.begin(),
      steps.begin() + static_cast<std::int64_t>(steps.size()) / kSamples,
      [](const ColorStep& step) { return needs_means(step.kind); });
  resample(device, {.scale = dtype == DType::uint8 ? 1.0F : 0.5F}, input, rows,
           output,
           {.steps = steps.data(),
            .count = static_cast<std::int64_t>(steps.size()) / kSamples,
            .means = means},
           nullptr, gpu);
  return output;
}

inline const std::vector<std::vector<ColorKind>> kLists{
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
inline bool fits(const std::vector<ColorKind>& kinds, std::int64_t channels) {
  return std::ranges::none_of(kinds, [&](ColorKind kind) {
    return (mixes_channels(kind) && channels != 1 && channels != 3) ||
           (kind == ColorKind::shuffle && channels > 4);
  });
}

}  // namespace lathe::testing::colors
