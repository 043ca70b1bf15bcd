#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Stretches some columns and rows of a coarse grid and narrows others, as
/// albumentations' and MONAI's GridDistortion: each cell of the result shows
/// 1 + f of a cell's width or height, all together the whole image.
struct RandomGridDistortion {
  static constexpr std::string_view kName = "grid_distortion";

  /// f, above -1 and up to 1, drawn for each column and each row.
  Factor factor = 0.3;
  /// Columns, and rows, of the grid: 1 to 16.
  std::int64_t steps = 5;
  float p = 1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
    visitor("steps", self.steps);
    visitor("p", self.p);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    factor.check("grid_distortion: factor", -0.95F, 1);
    if (steps < 1 || steps > 16) {
      fail("grid_distortion: steps is ", steps, "; it must be 1 to 16");
    }
    check_probability("grid_distortion: p", p);
  }

  /// What the columns show, then the rows; 1 where nothing is done.
  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    for (const std::string_view axis : {"column ", "row "}) {
      for (int i = 1; i <= count(); ++i) names.push_back(concat(axis, i));
    }
    return names;
  }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    for (float& part : row) part = 1 + done * factor.draw(random);
  }

  std::size_t warp_controls(ImageSize) const {
    return static_cast<std::size_t>(2 * (count() + 1));
  }

  Warp warp(std::span<const float> row, ImageSize size,
            std::span<float> controls) const {
    const auto cells = static_cast<std::size_t>(count());
    const bool done =
        std::ranges::any_of(row, [](float part) { return part != 1.0F; });
    if (!done) return {};
    const auto width = static_cast<float>(size.width);
    const auto height = static_cast<float>(size.height);
    find_edges(row.first(cells), width, controls.first(cells + 1));
    find_edges(row.last(cells), height, controls.last(cells + 1));
    return {.kind = WarpKind::grid,
            .columns = count(),
            .rows = count(),
            .width = width,
            .height = height,
            .controls = controls.data()};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }

 private:
  std::int32_t count() const { return static_cast<std::int32_t>(steps); }

  static void find_edges(std::span<const float> parts, float extent,
                         std::span<float> edges) {
    float sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      edges[i] = sum;
      sum += parts[i];
    }
    edges.back() = sum;
    for (float& edge : edges) edge *= extent / sum;
  }
};

}  // namespace lathe::augment
