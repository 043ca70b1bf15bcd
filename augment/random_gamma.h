#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Raises values, black being 0 and white 1, to a power.
struct RandomGamma {
  static constexpr std::string_view kName = "gamma";

  /// What the power differs from 1 by, within -0.9 to 4; above 0 is darker.
  Factor factor = 0.2;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("gamma: factor", -0.9F, 4); }

  std::vector<std::string> parameters() const { return {"power"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = 1 + factor.draw(random);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::gamma, .a = row[0]};
  }
};

}  // namespace lathe::augment
