#include <gtest/gtest.h>

#include "augment/center_crop.h"
#include "augment/random_crop.h"
#include "augment/random_perspective.h"
#include "augment/random_shear.h"
#include "augment/resize.h"
#include "core/augmentation/resample.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

using testing::expect_close;
using testing::expect_identical;
using testing::GoldenFile;

constexpr ImageSize kSize{.height = 9, .width = 12};
constexpr float kFillValue = 0.25F;
// Keras computes positions in float32, up to 14 of them apart by 1e-6, and
// neighbouring pixels differ by up to 1: 1e-5 is ten of those. Its homography
// is solved in float32, with eight unknowns, which costs a digit.
constexpr double kTolerance = 1e-5;
constexpr double kPerspectiveTolerance = 1e-4;

Tensor shown(Device device, const Matrix& matrix, const Sampling& sampling,
             const Tensor& input, const ImageSize& to) {
  Tensor rows({1, kRowLength});
  std::ranges::copy(row_of(matrix), rows.data<float>());
  const Tensor output({1, to.height, to.width, input.shape()[3]},
                      input.dtype());
  resample(device,
           {.interpolation = sampling.interpolation,
            .fill_mode = sampling.fill_mode,
            .fill_value = sampling.fill_value},
           input, rows, output);
  return output;
}

void compare(const GoldenFile& golden, const Matrix& matrix, FillMode mode,
             const ImageSize& to, const std::string& group, double tolerance) {
  for (const Device device : {Device::cpu, Device::reference}) {
    for (const Interpolation interpolation :
         {Interpolation::nearest, Interpolation::bilinear}) {
      SCOPED_TRACE(
          concat(group, name_of(interpolation), " on ", name_of(device)));
      expect_close(shown(device, matrix, {interpolation, mode, kFillValue},
                         golden.read("images"), to),
                   golden.read(concat(group, name_of(interpolation))), 0,
                   tolerance);
    }
    SCOPED_TRACE(concat(group, "masks on ", name_of(device)));
    expect_identical(shown(device, matrix, {Interpolation::nearest, mode, 0},
                           golden.read("masks"), to),
                     golden.read(group + "masks"));
  }
}

TEST(KerasGeometry, Shear) {
  const GoldenFile golden("geometry.h5");
  const Tensor factors = golden.read("shear/factors");
  for (const std::size_t i : {0U, 1U}) {
    const std::array<float, 2> row{factors.values<float>()[2 * i + 1],
                                   factors.values<float>()[2 * i]};
    for (const FillMode mode : {FillMode::constant, FillMode::nearest,
                                FillMode::reflect, FillMode::wrap}) {
      compare(golden, RandomShear{}.matrix(row, kSize), mode, kSize,
              concat("shear/", i, "/", name_of(mode), "/"), kTolerance);
    }
  }
}

TEST(KerasGeometry, Perspective) {
  const GoldenFile golden("geometry.h5");
  const Tensor moves = golden.read("perspective/moves");
  for (const std::size_t i : {0U, 1U}) {
    compare(golden,
            RandomPerspective{}.matrix(
                std::span<const float>(moves.values<float>()).subspan(8 * i, 8),
                kSize),
            FillMode::constant, kSize, concat("perspective/", i, "/"),
            kPerspectiveTolerance);
  }
}

TEST(KerasGeometry, Crops) {
  const GoldenFile golden("geometry.h5");
  const ImageSize window{.height = 5, .width = 7};
  // The fourth of five places, the third of six.
  const std::array<float, 2> row{3.5F / 5, 2.5F / 6};
  const auto compare_crop = [&](const std::string& group,
                                const Matrix& matrix) {
    for (const std::string part : {"images", "masks"}) {
      expect_identical(
          shown(Device::cpu, matrix, {}, golden.read(part), window),
          golden.read(group + part));
    }
  };
  compare_crop("crop/", RandomCrop{.size = window}.matrix(row, kSize));
  compare_crop("center_crop/", CenterCrop{.size = window}.matrix({}, kSize));
}

TEST(KerasGeometry, Resize) {
  const GoldenFile golden("geometry.h5");
  for (const std::size_t i : {0U, 1U}) {
    const Shape to = golden.read(concat("resize/", i, "/bilinear")).shape();
    const ImageSize size{.height = to[1], .width = to[2]};
    compare(golden, Resize{.size = size}.matrix({}, kSize), FillMode::reflect,
            size, concat("resize/", i, "/"), kTolerance);
  }
}

// At the border Keras' resize leaves out taps and gives their weight to the
// others, where affine_transform and we replace them: two input pixels there.
TEST(KerasGeometry, BicubicResize) {
  const GoldenFile golden("geometry.h5");
  const Tensor images = golden.read("images");
  for (const std::size_t i : {0U, 1U}) {
    const Tensor expected = golden.read(concat("resize/", i, "/bicubic"));
    const Shape& to = expected.shape();
    const ImageSize size{.height = to[1], .width = to[2]};
    const Matrix matrix = Resize{.size = size}.matrix({}, kSize);
    for (const Device device : {Device::cpu, Device::reference}) {
      const Tensor seen =
          shown(device, matrix, {Interpolation::bicubic, FillMode::nearest, 0},
                images, size);
      int compared = 0;
      for (std::int64_t y = 0; y < size.height; ++y) {
        for (std::int64_t x = 0; x < size.width; ++x) {
          const double from_x =
              matrix.m[0] * static_cast<double>(x) + matrix.m[2];
          const double from_y =
              matrix.m[4] * static_cast<double>(y) + matrix.m[5];
          if (from_x < 1 || from_x >= 10 || from_y < 1 || from_y >= 7) continue;
          for (std::int64_t c = 0; c < 2; ++c) {
            const std::int64_t at = (y * size.width + x) * 2 + c;
            EXPECT_NEAR(testing::element(seen, at),
                        testing::element(expected, at), kTolerance);
            ++compared;
          }
        }
      }
      EXPECT_GT(compared, 10);
    }
  }
}

}  // namespace
}  // namespace lathe::augment
