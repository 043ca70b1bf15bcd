#pragma once

#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Erases a square in each cell of a grid (Chen et al., "GridMask data
/// augmentation", 2020), which starts anywhere and isn't turned.
struct RandomGridMask {
  static constexpr std::string_view kName = "grid_mask";

  /// A cell's side as a part of the image's shorter side, 0 to 1; at least two
  /// pixels.
  Range unit = {0.25, 0.5};
  /// The square's side as a part of the cell's, 0 to 1.
  Range ratio = 0.5;
  /// What erased pixels become, from black (0) to white (1).
  float fill_value = 0;
  /// Whether masks are erased too, to PipelineOptions::mask_fill_value;
  /// otherwise they keep the truth.
  bool masks = false;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("unit", self.unit);
    visitor("ratio", self.ratio);
    visitor("fill_value", self.fill_value);
    visitor("masks", self.masks);
    visitor("p", self.p);
  }

  void check() const {
    unit.check("grid_mask: unit", 0, 1);
    ratio.check("grid_mask: ratio", 0, 1);
    Range(fill_value).check("grid_mask: fill_value", 0, 1);
    check_probability("grid_mask: p", p);
  }

  /// The offsets are parts of a cell; a ratio of 0 where it is not done.
  std::vector<std::string> parameters() const {
    return {"unit", "ratio", "x", "y"};
  }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = unit.draw(random);
    const float drawn = ratio.draw(random);
    row[2] = random.uniform();
    row[3] = random.uniform();
    row[1] = chance(random, p) * drawn;
  }

  StepNeeds needs() const { return {.masks = masks}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize size,
               std::span<FilterStep> steps) const {
    const auto shorter = static_cast<float>(std::min(size.height, size.width));
    const float cell = std::max(std::round(row[0] * shorter), 2.0F);
    const float hole = std::round(row[1] * cell);
    steps[0] = {};
    if (hole == 0.0F) return;
    steps[0] = {.kind = FilterKind::grid,
                .numbers = {cell, hole, std::floor(row[2] * cell),
                            std::floor(row[3] * cell), fill_value, -1,
                            masks ? 1.0F : 0.0F}};
  }
};

}  // namespace lathe::augment
