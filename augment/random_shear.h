#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Slants an image about its first pixel, as keras.layers.RandomShear: the
/// output pixel (x, y) shows the input at (x + s_x y, s_y x + y).
struct RandomShear {
  static constexpr std::string_view kName = "shear";

  /// The slope s_x, within -1 to 1: pixels to the side for a row down.
  Factor x_factor = 0.1;
  /// The slope s_y, pixels down for a column to the side.
  Factor y_factor = 0;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("x_factor", self.x_factor);
    visitor("y_factor", self.y_factor);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    x_factor.check("shear: x_factor", -1, 1);
    y_factor.check("shear: y_factor", -1, 1);
  }

  std::vector<std::string> parameters() const { return {"down", "right"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = y_factor.draw(random);
    row[1] = x_factor.draw(random);
  }

  Matrix matrix(std::span<const float> row, ImageSize) const {
    return {{1, row[1], 0,  //
             row[0], 1, 0,  //
             0, 0, 1}};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
