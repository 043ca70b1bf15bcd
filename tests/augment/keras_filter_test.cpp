#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/augmentation/filter.h"
#include "core/error.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

using Numbers = std::array<float, 7>;

float of(FillMode mode) {
  return static_cast<float>(mode);
}

// The images of the file, white being 255, after one step on each.
Tensor filtered(Device device, const Tensor& images, const FilterStep& step) {
  const std::vector<FilterStep> steps(
      static_cast<std::size_t>(images.shape()[0]), step);
  Tensor result(images.shape());
  result.copy_from(images);
  filter(device, {.steps = steps.data(), .count = 1}, result);
  return result;
}

// Each case of the file by the step that its numbers mean.
void compare(const std::string& name, double tolerance,
             const std::function<FilterStep(const float*)>& step_of) {
  const testing::GoldenFile golden("filters.h5");
  const Tensor images = golden.read("images");
  const Tensor numbers = golden.read(concat(name, "/numbers"));
  for (std::int64_t i = 0; i < numbers.shape()[0]; ++i) {
    const FilterStep step =
        step_of(numbers.data<float>() + i * numbers.shape()[1]);
    for (const Device device : {Device::cpu, Device::reference}) {
      SCOPED_TRACE(concat(name, " ", i, " on ", name_of(device)));
      testing::expect_close(filtered(device, images, step),
                            golden.read(concat(name, "/", i)), 0, tolerance);
    }
  }
}

// Some roundings of float32 at 255, which are 1.5e-5 each.
constexpr double kTolerance = 1e-4;

TEST(KerasFilter, AutoContrast) {
  compare("autocontrast", kTolerance,
          [](auto*) { return FilterStep{.kind = FilterKind::autocontrast}; });
}

TEST(KerasFilter, Equalization) {
  compare("equalize", kTolerance,
          [](auto*) { return FilterStep{.kind = FilterKind::equalize}; });
}

TEST(KerasFilter, Sharpness) {
  compare("sharpness", kTolerance, [](const float* numbers) -> FilterStep {
    return {.kind = FilterKind::sharpness,
            .numbers = {numbers[0], of(FillMode::constant)}};
  });
}

TEST(KerasFilter, GaussianBlur) {
  compare("gaussian_blur", kTolerance, [](const float* numbers) -> FilterStep {
    return {.kind = FilterKind::gaussian_blur,
            .numbers = {numbers[0], numbers[1], numbers[2],
                        of(FillMode::constant)}};
  });
}

// A pixel is erased where the rectangle holds its index.
TEST(KerasFilter, Erasing) {
  compare("erasing", kTolerance, [](const float* x0) -> FilterStep {
    return {.kind = FilterKind::erase,
            .numbers = {std::ceil(x0[0]), std::ceil(x0[2]), std::ceil(x0[1]),
                        std::ceil(x0[3]), 64.0F / 255, -1, 0}};
  });
}

// OpenCV rounds to bytes what is a number here.
TEST(OpenCvFilter, Clahe) {
  compare("clahe", 0.5 + 1e-3, [](const float* numbers) -> FilterStep {
    return {.kind = FilterKind::clahe,
            .numbers = {numbers[0], numbers[1], numbers[2]}};
  });
}

// The line between two points that OpenCV draws, as an angle.
TEST(OpenCvFilter, MotionBlur) {
  compare("motion_blur", kTolerance, [](const float* line) -> FilterStep {
    const float angle =
        std::atan2(line[2] - line[4], line[3] - line[1]) / 6.28318530718F;
    return {.kind = FilterKind::motion_blur,
            .numbers = {line[0], angle, of(FillMode::mirror)}};
  });
}

}  // namespace
}  // namespace lathe
