#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Exchanges black and white, as keras.layers.RandomInvert.
struct RandomInvert {
  static constexpr std::string_view kName = "invert";

  /// How often.
  float p = 0.5F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const { check_probability("invert: p", p); }

  std::vector<std::string> parameters() const { return {"applied"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = chance(random, p);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = row[0] != 0.0F ? ColorKind::invert : ColorKind::none};
  }
};

}  // namespace lathe::augment
