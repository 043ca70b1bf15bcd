#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Turns the hue of every pixel; saturation and value stay. For images of three
/// channels; of one, nothing changes. keras.layers.RandomHue is told twice the
/// turn.
struct RandomHue {
  static constexpr std::string_view kName = "hue";

  /// In turns of the colour circle, within -0.5 to 0.5: 1/3 makes red green.
  Factor factor = 0.05;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("hue: factor", -0.5F, 0.5F); }

  std::vector<std::string> parameters() const { return {"turns"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = factor.draw(random);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::hue, .a = row[0]};
  }
};

}  // namespace lathe::augment
