#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Multiplies the saturation of every pixel, which stays below 1; hue and value
/// (the largest channel) stay. Grey pixels stay grey. For images of three
/// channels; of one, nothing changes.
/// keras.layers.RandomSaturation is told f and multiplies by f / (1 - f).
struct RandomSaturation {
  static constexpr std::string_view kName = "saturation";

  /// What the multiplier differs from 1 by, at least -1: -1 is grey.
  Factor factor = 0.2;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("saturation: factor", -1, 100); }

  std::vector<std::string> parameters() const { return {"saturation"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = 1 + factor.draw(random);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::saturation, .a = row[0]};
  }
};

}  // namespace lathe::augment
