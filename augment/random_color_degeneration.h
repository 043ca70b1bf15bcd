#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Takes an image some of the way to grey: x + factor (y - x) with
/// y = 0.2989 red + 0.587 green + 0.114 blue, as
/// keras.layers.RandomColorDegeneration. (Told one number f, Keras 3.15.1 draws
/// from -f to f, against its text, and so adds colour half of the time.) For
/// images of three channels; of one, nothing changes.
struct RandomColorDegeneration {
  static constexpr std::string_view kName = "color_degeneration";

  /// 0 changes nothing, 1 is grey.
  Range factor = {0, 0.5};
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
    visitor("p", self.p);
  }

  void check() const {
    factor.check("color_degeneration: factor", 0, 1);
    check_probability("color_degeneration: p", p);
  }

  /// A factor of 0 where it is not done.
  std::vector<std::string> parameters() const { return {"factor"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = factor.draw(random);
    row[0] = chance(random, p) * drawn;
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = row[0] == 0.0F ? ColorKind::none : ColorKind::grayscale,
                .a = row[0]};
  }
};

}  // namespace lathe::augment
