#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Shifts an image, by parts of a pixel too, as keras.layers.RandomTranslation.
struct RandomTranslation {
  static constexpr std::string_view kName = "translation";

  /// The shift down as a part of the height, within -1 to 1.
  Factor height_factor = 0.1;
  /// The shift to the right as a part of the width; without it, drawn from the
  /// height's range, apart.
  std::optional<Factor> width_factor = std::nullopt;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("height_factor", self.height_factor);
    visitor("width_factor", self.width_factor);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    height_factor.check("translation: height_factor", -1, 1);
    if (width_factor) width_factor->check("translation: width_factor", -1, 1);
  }

  std::vector<std::string> parameters() const { return {"down", "right"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = height_factor.draw(random);
    row[1] = width_factor.value_or(height_factor).draw(random);
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const {
    return {{1, 0, -row[1] * static_cast<double>(size.width),   //
             0, 1, -row[0] * static_cast<double>(size.height),  //
             0, 0, 1}};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
