#pragma once

#include "augment/augmentation.h"
#include "augment/neighbourhood.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Blurs or sharpens, by the formula of keras.layers.RandomSharpness:
/// x + (1 - 2 factor) (smoothed - x), clipped to black and white. `smoothed`
/// weighs the 3x3 pixels around by 1/13, the one in the middle by 5/13.
struct RandomSharpness {
  static constexpr std::string_view kName = "sharpness";

  /// 0 to 1: below 0.5 blurs, above sharpens.
  Range factor = {0.25, 0.75};
  /// What lies beyond the border. Keras has `constant`, black, which gives the
  /// image a dark or a bright edge.
  FillMode fill_mode = FillMode::mirror;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
    visitor("fill_mode", self.fill_mode);
    visitor("p", self.p);
  }

  void check() const {
    factor.check("sharpness: factor", 0, 1);
    check_neighbours("sharpness: fill_mode", fill_mode);
    check_probability("sharpness: p", p);
  }

  std::vector<std::string> parameters() const { return {"factor"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = factor.draw(random);
    row[0] = chance(random, p) != 0.0F ? drawn : 0.5F;
  }

  StepNeeds needs() const { return {.neighbours = true}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 0.5F) return;
    steps[0] = {.kind = FilterKind::sharpness,
                .numbers = {row[0], static_cast<float>(fill_mode)}};
  }
};

}  // namespace lathe::augment
