#include "core/augmentation/warp.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/augmentation/resample.h"
#include "core/error.h"
#include "core/philox.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

constexpr std::int64_t kHeight = 37;
constexpr std::int64_t kWidth = 45;

// A warp and the memory of its controls.
struct Drawn {
  Warp warp;
  std::vector<float> controls;
};

std::vector<float> edges_of(Philox& random, int count, float extent) {
  std::vector<float> edges{0};
  for (int i = 0; i < count; ++i) {
    edges.push_back(edges.back() + random.uniform(0.6F, 1.4F));
  }
  const float last = edges.back();
  for (float& edge : edges) edge *= extent / last;
  return edges;
}

// Displacements of splines are up to 0.4 of a cell: none folds (see
// RandomElastic).
Drawn drawn(WarpKind kind, std::uint32_t sample) {
  Philox random({.seed = 4, .sample = sample});
  Drawn result{{.kind = kind,
                .columns = 5,
                .rows = 4,
                .width = kWidth,
                .height = kHeight,
                .strength = random.uniform(-0.3F, 0.5F)},
               {}};
  if (kind == WarpKind::spline) {
    for (int i = 0; i < 2 * 8 * 7; ++i) {
      result.controls.push_back(random.uniform(-3.6F, 3.6F));
    }
  } else if (kind == WarpKind::grid) {
    result.controls = edges_of(random, 5, kWidth);
    const std::vector<float> down = edges_of(random, 4, kHeight);
    result.controls.insert(result.controls.end(), down.begin(), down.end());
  }
  result.warp.controls = result.controls.data();
  return result;
}

constexpr std::array kKinds{WarpKind::spline, WarpKind::grid, WarpKind::radial};

// A displacement that is linear in the controls' places is linear between
// them, the middle pixel of 45 x 37 is at 22.5 - 0.5 and 18.5 - 0.5.
TEST(Warp, SplinesReproduceLinearDisplacements) {
  std::vector<float> controls;
  for (int row = -1; row < 6; ++row) {
    for (int column = -1; column < 7; ++column) {
      controls.push_back(0.5F + 0.25F * static_cast<float>(column));
    }
  }
  for (int row = -1; row < 6; ++row) {
    for (int column = -1; column < 7; ++column) {
      controls.push_back(static_cast<float>(row));
    }
  }
  const Warp warp{.kind = WarpKind::spline,
                  .columns = 5,
                  .rows = 4,
                  .width = kWidth,
                  .height = kHeight,
                  .controls = controls.data()};
  const Position middle = warped_position(warp, {22, 18});
  EXPECT_NEAR(middle.x, 22 + 0.5 + 0.25 * 2.5, 1e-5);
  EXPECT_NEAR(middle.y, 18 + 2, 1e-5);
  const Position left = warped_position(warp, {-0.5F, 18});
  EXPECT_NEAR(left.x, -0.5 + 0.5, 1e-5);
  // Beyond the image the border's displacement goes on.
  EXPECT_NEAR(warped_position(warp, {-9, 18}).x, -9 + 0.5, 1e-5);
}

TEST(Warp, GridsShowTheirCells) {
  const std::vector<float> controls{0, 10, 20, 30, 40, 45, 0, 30, 31, 34, 37};
  const Warp warp{.kind = WarpKind::grid,
                  .columns = 5,
                  .rows = 4,
                  .width = kWidth,
                  .height = kHeight,
                  .controls = controls.data()};
  EXPECT_NEAR(warped_position(warp, {8.5F, 0}).x, 9.5, 1e-5);
  EXPECT_NEAR(warped_position(warp, {35.5F, 0}).x, 39.5, 1e-5);
  EXPECT_NEAR(warped_position(warp, {44.5F, 0}).x, 44.5, 1e-5);
  EXPECT_NEAR(warped_position(warp, {0, 18.0F}).y, 30.5, 1e-5);
}

TEST(Warp, RadialsMoveCornersByTheirStrength) {
  const Warp warp{
      .kind = WarpKind::radial, .width = 11, .height = 5, .strength = 0.2F};
  const Position corner = warped_position(warp, {10.5F, 4.5F});
  EXPECT_NEAR(corner.x, 5 + 5.5 * 1.2, 1e-5);
  EXPECT_NEAR(corner.y, 2 + 2.5 * 1.2, 1e-5);
  EXPECT_EQ(warped_position(warp, {5, 2}).x, 5);
  // Half as far, an eighth of the strength goes to a half of the way.
  EXPECT_NEAR(warped_position(warp, {7.75F, 3.25F}).x, 5 + 2.75 * 1.05, 1e-5);
}

// The iteration ends at a thousandth of a pixel.
TEST(Warp, UnwarpedPositionsAreWhereTheyWereSeen) {
  for (const WarpKind kind : kKinds) {
    for (std::uint32_t sample = 0; sample < 20; ++sample) {
      const Drawn one = drawn(kind, sample);
      for (float y = -1; y < kHeight; y += 3.7F) {
        for (float x = -1; x < kWidth; x += 3.3F) {
          const Position back =
              unwarped_position(one.warp, warped_position(one.warp, {x, y}));
          ASSERT_NEAR(back.x, x, 1e-2)
              << int(kind) << ", sample " << sample << " at " << x << ", " << y;
          ASSERT_NEAR(back.y, y, 1e-2)
              << int(kind) << ", sample " << sample << " at " << x << ", " << y;
        }
      }
    }
  }
}

TEST(Warp, NoneLeavesItsRowAlone) {
  const std::array<float, kRowLength> row{1, 0, 2, 0, 1, 3};
  Warp warp;
  warp.row = {2, 0, 0, 0, 2, 0};
  EXPECT_EQ(position_of(row.data(), warp, 1, 1).x, 3);
  EXPECT_EQ(unwarped_position(warp, {5, 6}).y, 6);
}

// Positions are the same bits on both devices: every product that is added is
// joined by hand. So nearest pixels agree, and bilinear ones up to the rounding
// of their sums (see Resample.CpuAgreesWithReference).
TEST(Warp, CpuAgreesWithReference) {
  const Shape shape{3, kHeight, kWidth, 3};
  Philox random({.seed = 5});
  Tensor bytes(shape, DType::uint8);
  Tensor floats(shape);
  for (std::int64_t i = 0; i < bytes.elements(); ++i) {
    bytes.data<std::uint8_t>()[i] =
        static_cast<std::uint8_t>(random.below(256));
    floats.data<float>()[i] = random.uniform(0, 255);
  }
  Tensor rows({3, kRowLength});
  const std::vector<Drawn> owners{drawn(WarpKind::spline, 1),
                                  drawn(WarpKind::grid, 2),
                                  drawn(WarpKind::radial, 3)};
  std::vector<Warp> warps;
  for (const Drawn& one : owners) {
    warps.push_back(one.warp);
    warps.back().controls = one.controls.data();
    warps.back().row = {0.9F, 0.1F, -2, -0.2F, 1.1F, 3, 0.0005F, -0.001F};
    const std::array<float, kRowLength> row{1.1F, -0.1F, 1, 0.2F, 0.9F, -2};
    std::ranges::copy(row,
                      rows.data<float>() + kRowLength * (warps.size() - 1));
  }
  for (const FillMode mode : {FillMode::constant, FillMode::reflect}) {
    for (const Interpolation interpolation :
         {Interpolation::nearest, Interpolation::bilinear}) {
      for (const Tensor& input : {bytes, floats}) {
        const auto seen = [&](Device device) {
          const Tensor output(shape);
          resample(device, {.interpolation = interpolation, .fill_mode = mode},
                   input, rows, output, {}, warps.data());
          return output;
        };
        const Tensor expected = seen(Device::reference);
        const Tensor computed = seen(Device::cpu);
        testing::expect_close(
            computed, expected, 0,
            interpolation == Interpolation::nearest ? 0 : 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace lathe
