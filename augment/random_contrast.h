#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Multiplies the distance of every value from the mean of its channel, in its
/// image, and clips to black and white: keras.layers.RandomContrast as it is
/// documented. (Given one number f, Keras 3.15.1 draws from 1 to 1 + f and so
/// never lowers a contrast; here and in Keras' text it is 1 - f to 1 + f.)
struct RandomContrast {
  static constexpr std::string_view kName = "contrast";

  /// What the multiplier differs from 1 by, within -1 to 1: -1 is grey.
  Factor factor = 0.2;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("contrast: factor", -1, 1); }

  std::vector<std::string> parameters() const { return {"contrast"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = 1 + factor.draw(random);
  }

  StepNeeds needs() const { return {.means = 1}; }
  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::contrast, .a = row[0]};
  }
};

}  // namespace lathe::augment
