#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Adds the same number to every value of an image and clips to black and
/// white, as keras.layers.RandomBrightness.
struct RandomBrightness {
  static constexpr std::string_view kName = "brightness";

  /// What is added, as a part of the way from black to white, within -1 to 1.
  Factor factor = 0.2;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("brightness: factor", -1, 1); }

  std::vector<std::string> parameters() const { return {"shift"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = factor.draw(random);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::brightness, .a = row[0]};
  }
};

}  // namespace lathe::augment
