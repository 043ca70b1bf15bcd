#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Inverts every value from a threshold on, as keras.layers.Solarization.
struct RandomSolarization {
  static constexpr std::string_view kName = "solarize";

  /// Where the threshold lies from black to white, within 0 to 1.
  Range threshold = 0.5;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("threshold", self.threshold);
    visitor("p", self.p);
  }

  void check() const {
    threshold.check("solarize: threshold", 0, 1);
    check_probability("solarize: p", p);
  }

  std::vector<std::string> parameters() const { return {"threshold"}; }

  void draw(Philox& random, std::span<float> row) const {
    // Nothing lies above twice the way to white.
    const float drawn = threshold.draw(random);
    row[0] = chance(random, p) != 0.0F ? drawn : 2.0F;
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::solarize, .a = row[0]};
  }
};

}  // namespace lathe::augment
