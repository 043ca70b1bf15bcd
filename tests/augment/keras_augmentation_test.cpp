#include <gtest/gtest.h>

#include <functional>

#include "augment/pipeline.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

using testing::expect_close;
using testing::expect_identical;
using testing::GoldenFile;

// White is 1 here, as in the file.
constexpr float kScale = 1.0F / 255;
constexpr float kFillValue = 0.25F;

Targets applied(const Pipeline& pipeline, const Targets& input, Device device) {
  const Targets output{.images = Tensor(input.images.shape()),
                       .masks = Tensor(input.masks.shape(), DType::uint8)};
  const std::uint32_t id = 0;
  pipeline.apply(
      input, {.seed = 0, .epoch = 0, .sample_ids = {&id, 1}},
      {.images = output.images, .masks = output.masks, .scale = kScale},
      device);
  return output;
}

Targets images_and_masks(const GoldenFile& golden, const std::string& group,
                         const std::string& images) {
  return {.images = golden.read(group + images),
          .masks = golden.read(group + "masks")};
}

// Keras computes positions in float32, up to 14 of them apart by 1e-6, and
// neighbouring pixels differ by up to 1: 1e-5 is ten of those.
constexpr double kTolerance = 1e-5;

using Maker = std::function<Augmentation(std::size_t, FillMode, Interpolation)>;

void compare_with_keras(const std::string& layer, const Maker& make) {
  const GoldenFile golden("augmentation.h5");
  const Targets input = images_and_masks(golden, "", "images");
  for (const std::size_t i : {0, 1}) {
    for (const FillMode mode : {FillMode::constant, FillMode::nearest,
                                FillMode::reflect, FillMode::wrap}) {
      for (const Interpolation interpolation :
           {Interpolation::nearest, Interpolation::bilinear}) {
        for (const Device device : {Device::cpu, Device::reference}) {
          const std::string group =
              concat(layer, "/", i, "/", name_of(mode), "/");
          SCOPED_TRACE(
              concat(group, name_of(interpolation), " on ", name_of(device)));
          const Targets expected = images_and_masks(
              golden, group, std::string(name_of(interpolation)));
          const Targets seen =
              applied({make(i, mode, interpolation)}, input, device);
          expect_close(seen.images, expected.images, 0, kTolerance);
          expect_identical(seen.masks, expected.masks);
        }
      }
    }
  }
}

Factor point(const Tensor& factors, std::size_t i) {
  return {factors.values<float>()[i], factors.values<float>()[i]};
}

TEST(KerasAugmentation, Rotation) {
  const Tensor factors = GoldenFile("augmentation.h5").read("rotation/factors");
  compare_with_keras("rotation", [&](std::size_t i, FillMode mode,
                                     Interpolation interpolation) {
    return RandomRotation{.factor = point(factors, i),
                          .fill_mode = mode,
                          .interpolation = interpolation,
                          .fill_value = kFillValue};
  });
}

TEST(KerasAugmentation, Zoom) {
  const Tensor factors = GoldenFile("augmentation.h5").read("zoom/factors");
  compare_with_keras(
      "zoom", [&](std::size_t i, FillMode mode, Interpolation interpolation) {
        return RandomZoom{.height_factor = point(factors, 2 * i),
                          .width_factor = point(factors, 2 * i + 1),
                          .fill_mode = mode,
                          .interpolation = interpolation,
                          .fill_value = kFillValue};
      });
}

TEST(KerasAugmentation, Translation) {
  const Tensor factors =
      GoldenFile("augmentation.h5").read("translation/factors");
  compare_with_keras("translation", [&](std::size_t i, FillMode mode,
                                        Interpolation interpolation) {
    return RandomTranslation{.height_factor = point(factors, 2 * i),
                             .width_factor = point(factors, 2 * i + 1),
                             .fill_mode = mode,
                             .interpolation = interpolation,
                             .fill_value = kFillValue};
  });
}

// The sampler itself, with the one fill mode that no layer takes.
TEST(KerasAugmentation, AffineTransform) {
  const GoldenFile golden("augmentation.h5");
  const Tensor images = golden.read("images");
  for (const FillMode mode :
       {FillMode::constant, FillMode::nearest, FillMode::reflect,
        FillMode::mirror, FillMode::wrap}) {
    for (const Interpolation interpolation :
         {Interpolation::nearest, Interpolation::bilinear}) {
      for (const Device device : {Device::cpu, Device::reference}) {
        SCOPED_TRACE(concat(name_of(mode), ", ", name_of(interpolation), " on ",
                            name_of(device)));
        const Tensor seen(images.shape());
        resample(device,
                 {.interpolation = interpolation,
                  .fill_mode = mode,
                  .fill_value = kFillValue},
                 images, golden.read("affine/row"), seen);
        expect_close(seen,
                     golden.read(concat("affine/", name_of(mode), "/",
                                        name_of(interpolation))),
                     0, kTolerance);
      }
    }
  }
}

// A seed whose first operation flips: Keras' one is always told to.
TEST(KerasAugmentation, ExactFusionIsKerasOneByOne) {
  const GoldenFile golden("augmentation.h5");
  const Targets input = images_and_masks(golden, "", "images");
  const Targets expected = images_and_masks(golden, "sequence/", "images");
  const Tensor rotations = golden.read("rotation/factors");
  const Tensor zooms = golden.read("zoom/factors");
  const auto pipeline = [&](Fusion fusion) {
    return Pipeline({RandomFlip{"horizontal"},
                     RandomRotation{.factor = point(rotations, 0)},
                     RandomZoom{.height_factor = point(zooms, 0),
                                .width_factor = point(zooms, 1)}},
                    {.fusion = fusion});
  };
  std::uint32_t id = 0;
  while (!pipeline(Fusion::exact)
              .replay(0, 0, id)
              .starts_with("flip: horizontal 1")) {
    ++id;
  }
  const auto run = [&](Fusion fusion) {
    const Targets output{.images = Tensor(input.images.shape()),
                         .masks = Tensor(input.masks.shape(), DType::uint8)};
    pipeline(fusion).apply(
        input, {.seed = 0, .epoch = 0, .sample_ids = {&id, 1}},
        {.images = output.images, .masks = output.masks, .scale = kScale});
    return output;
  };
  const Targets exact = run(Fusion::exact);
  expect_close(exact.images, expected.images, 0, 2 * kTolerance);
  expect_identical(exact.masks, expected.masks);
  // In one resample other pixels come out, or the mode would be for nothing.
  const Targets single = run(Fusion::single);
  double largest = 0;
  for (std::int64_t i = 0; i < input.images.elements(); ++i) {
    largest = std::max(largest, std::abs(testing::element(single.images, i) -
                                         testing::element(exact.images, i)));
  }
  EXPECT_GT(largest, 0.05);
}

}  // namespace
}  // namespace lathe::augment
