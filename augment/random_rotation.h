#pragma once

#include <cmath>

#include "augment/augmentation.h"

namespace lathe::augment {

/// Turns an image about its middle, as keras.layers.RandomRotation.
struct RandomRotation {
  static constexpr std::string_view kName = "rotation";

  /// The angle as a part of a full turn, within -1 to 1; positive turns
  /// counter-clockwise as displayed.
  Factor factor = 0.1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const { factor.check("rotation: factor", -1, 1); }

  std::vector<std::string> parameters() const { return {"degrees"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = random.uniform(360 * factor.low, 360 * factor.high);
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const {
    const double angle = row[0] * (std::acos(-1.0) / 180);
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const double x = size.center_x();
    const double y = size.center_y();
    return {{c, -s, x - x * c + y * s,  //
             s, c, y - x * s - y * c,   //
             0, 0, 1}};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
