#include <gtest/gtest.h>

#include "core/augmentation/resample.h"
#include "core/error.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

// Values are below 1, and a handful of roundings of float32 (6e-8) apart; the
// largest number that multiplies them is 2.5.
constexpr double kTolerance = 1e-6;

// The layer's images for each of its numbers, white being 1, against one step.
void compare_with_keras(const std::string& layer, ColorKind kind) {
  const testing::GoldenFile golden("augmentation.h5");
  const Tensor images = golden.read("colors/images");
  const Tensor numbers = golden.read(concat("colors/", layer, "/numbers"));
  const Tensor row =
      Tensor::from<float>({1, kRowLength}, {1, 0, 0, 0, 1, 0, 0, 0});
  for (std::int64_t i = 0; i < numbers.elements(); ++i) {
    const ColorStep step{.kind = kind, .a = numbers.data<float>()[i]};
    for (const Device device : {Device::cpu, Device::reference}) {
      SCOPED_TRACE(concat(layer, " of ", step.a, " on ", name_of(device)));
      const Tensor seen(images.shape());
      resample(device, {}, images, row, seen,
               {.steps = &step, .count = 1, .range = {.low = 0, .high = 1}});
      testing::expect_close(seen, golden.read(concat("colors/", layer, "/", i)),
                            0, kTolerance);
    }
  }
}

TEST(KerasColor, Brightness) {
  compare_with_keras("brightness", ColorKind::brightness);
}
TEST(KerasColor, Contrast) {
  compare_with_keras("contrast", ColorKind::contrast);
}
TEST(KerasColor, Saturation) {
  compare_with_keras("saturation", ColorKind::saturation);
}
TEST(KerasColor, Hue) {
  compare_with_keras("hue", ColorKind::hue);
}
TEST(KerasColor, ColorDegeneration) {
  compare_with_keras("grayscale", ColorKind::grayscale);
}
TEST(KerasColor, Invert) {
  compare_with_keras("invert", ColorKind::invert);
}
TEST(KerasColor, Solarization) {
  compare_with_keras("solarize", ColorKind::solarize);
}
TEST(KerasColor, Posterization) {
  compare_with_keras("posterize", ColorKind::posterize);
}

}  // namespace
}  // namespace lathe
