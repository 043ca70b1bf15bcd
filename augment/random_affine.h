#pragma once

#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Shears, scales and turns an image about its middle, then moves it, as
/// torchvision's and albumentations' RandomAffine.
struct RandomAffine {
  static constexpr std::string_view kName = "affine";

  /// The angle as a part of a full turn, within -1 to 1; positive turns
  /// counter-clockwise as displayed.
  Factor rotation = 0.05;
  /// How many times larger objects become, within 0.05 to 20.
  Range scale = {0.8, 1.25};
  /// Down and to the right by parts of height and width, drawn for each,
  /// within -1 to 1.
  Factor translation = 0.1;
  /// Pixels to the right for a row down, within -1 to 1.
  Factor shear = 0;
  /// Pixels down for a column to the right, within -1 to 1; after `shear`.
  Factor shear_down = 0;
  float p = 1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("rotation", self.rotation);
    visitor("scale", self.scale);
    visitor("translation", self.translation);
    visitor("shear", self.shear);
    visitor("shear_down", self.shear_down);
    visitor("p", self.p);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    rotation.check("affine: rotation", -1, 1);
    scale.check("affine: scale", 0.05F, 20);
    translation.check("affine: translation", -1, 1);
    shear.check("affine: shear", -1, 1);
    shear_down.check("affine: shear_down", -1, 1);
    check_probability("affine: p", p);
  }

  std::vector<std::string> parameters() const {
    return {"degrees", "scale", "down", "right", "shear", "shear down"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    row[0] = done * random.uniform(360 * rotation.low, 360 * rotation.high);
    row[1] = 1 + done * (scale.draw(random) - 1);
    row[2] = done * translation.draw(random);
    row[3] = done * translation.draw(random);
    row[4] = done * shear.draw(random);
    row[5] = done * shear_down.draw(random);
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const {
    const double angle = row[0] * (std::acos(-1.0) / 180);
    const double c = std::cos(angle) / row[1];
    const double s = std::sin(angle) / row[1];
    const double x = size.center_x();
    const double y = size.center_y();
    const Matrix to_middle{
        {1, 0, -x - row[3] * static_cast<double>(size.width), 0, 1,
         -y - row[2] * static_cast<double>(size.height), 0, 0, 1}};
    const Matrix turn{{c, -s, 0, s, c, 0, 0, 0, 1}};
    const Matrix slant{{1, -row[4], 0, 0, 1, 0, 0, 0, 1}};
    const Matrix slant_down{{1, 0, 0, -row[5], 1, 0, 0, 0, 1}};
    const Matrix from_middle{{1, 0, x, 0, 1, y, 0, 0, 1}};
    return from_middle * slant * slant_down * turn * to_middle;
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
