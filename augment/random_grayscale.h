#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Makes an image grey, its channels all 0.2989 red + 0.587 green + 0.114 blue,
/// as keras.layers.RandomGrayscale. For images of three channels; of one,
/// nothing changes.
struct RandomGrayscale {
  static constexpr std::string_view kName = "grayscale";

  /// How often.
  float p = 0.1F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const { check_probability("grayscale: p", p); }

  std::vector<std::string> parameters() const { return {"applied"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = chance(random, p);
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::grayscale, .a = row[0]};
  }
};

}  // namespace lathe::augment
