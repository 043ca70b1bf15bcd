#pragma once

#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Keeps the highest bits of values of 8 bits, as
/// keras.layers.RandomPosterization. Values between are rounded down first.
struct RandomPosterization {
  static constexpr std::string_view kName = "posterize";

  /// How many, 1 to 8, drawn among whole numbers with both ends.
  Range bits = {4, 8};
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("bits", self.bits);
    visitor("p", self.p);
  }

  void check() const {
    bits.check("posterize: bits", 1, 8);
    check_probability("posterize: p", p);
  }

  std::vector<std::string> parameters() const { return {"bits"}; }

  void draw(Philox& random, std::span<float> row) const {
    // Half a number beyond either end, so that all are as likely.
    const float drawn =
        std::round(random.uniform(bits.low - 0.5F, bits.high + 0.5F));
    const float kept = std::clamp(drawn, bits.low, bits.high);
    row[0] = chance(random, p) != 0.0F ? kept : 8.0F;
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = row[0] < 8 ? ColorKind::posterize : ColorKind::none,
                .a = row[0]};
  }
};

}  // namespace lathe::augment
