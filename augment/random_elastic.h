#pragma once

#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Moves every pixel by a smooth random field (Simard, Steinkraus and Platt,
/// "Best practices for convolutional neural networks", 2003). Theirs is noise
/// that a Gaussian blurred; here it is noise on a coarse grid that cubic
/// B-splines blur alike, as wide as that Gaussian: so it is known at a position
/// without the others. It never folds: no control moves by 1 / 2.046 of a cell
/// (Choi and Lee, "Injectivity conditions of 2D and 3D uniform cubic B-spline
/// functions", 2000). Extents below are parts of the image's shorter side.
struct RandomElastic {
  static constexpr std::string_view kName = "elastic";

  /// The standard deviation of a pixel's displacement, in each direction.
  Range strength = {0, 0.01};
  /// Of the Gaussian, within 0.01 to 0.5: how far the field stays alike. The
  /// strength is at most 0.23 of it.
  float sigma = 0.08F;
  float p = 1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("strength", self.strength);
    visitor("sigma", self.sigma);
    visitor("p", self.p);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    if (!(sigma >= 0.01F && sigma <= 0.5F)) {
      fail("elastic: sigma is ", sigma, "; it must lie within 0.01 to 0.5");
    }
    strength.check("elastic: strength", 0, 0.23F * sigma);
    check_probability("elastic: p", p);
  }

  /// The strength, 0 where nothing is done, and the field's seed.
  std::vector<std::string> parameters() const { return {"strength", "seed"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = strength.draw(random);
    row[0] = drawn * chance(random, p);
    row[1] = static_cast<float>(random.below(1U << 24));
  }

  std::size_t warp_controls(ImageSize size) const {
    const Cells cells = cells_of(size);
    return static_cast<std::size_t>(2 * (cells.columns + 3) * (cells.rows + 3));
  }

  Warp warp(std::span<const float> row, ImageSize size,
            std::span<float> controls) const {
    if (row[0] == 0.0F) return {};
    // Of the squares of a B-spline's values, in both directions.
    constexpr float kMeanSquareSum = 151.0F / 315;
    const float deviation =
        row[0] * shorter_side(size) / kMeanSquareSum * std::sqrt(3.0F);
    Philox random({.seed = static_cast<std::uint64_t>(row[1])});
    for (float& control : controls) {
      control = random.uniform(-deviation, deviation);
    }
    const Cells cells = cells_of(size);
    return {.kind = WarpKind::spline,
            .columns = cells.columns,
            .rows = cells.rows,
            .width = static_cast<float>(size.width),
            .height = static_cast<float>(size.height),
            .controls = controls.data()};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }

 private:
  struct Cells {
    std::int32_t columns;
    std::int32_t rows;
  };

  static float shorter_side(ImageSize size) {
    return static_cast<float>(std::min(size.height, size.width));
  }

  // The standard deviation of a cubic B-spline is 1 / sqrt(3) of a cell. Cells
  // are no smaller than that asks for, so that none folds.
  Cells cells_of(ImageSize size) const {
    const float cell = std::sqrt(3.0F) * sigma * shorter_side(size);
    const auto count = [&](std::int64_t extent) {
      return std::max(
          1, static_cast<std::int32_t>(static_cast<float>(extent) / cell));
    };
    return {count(size.width), count(size.height)};
  }
};

}  // namespace lathe::augment
