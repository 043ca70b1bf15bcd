#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Enlarges or shrinks an image about its middle, as keras.layers.RandomZoom.
struct RandomZoom {
  static constexpr std::string_view kName = "zoom";

  /// What the height seen grows by, above -1 and up to 1: 0.2 shows 1.2 times
  /// the height (zooms out), -0.2 shows 0.8 of it (zooms in).
  Factor height_factor = 0.2;
  /// The same for the width; without it, the width takes the height's draw and
  /// proportions stay.
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
    // At -1 a single pixel would fill the image.
    constexpr float kLowest = -0.999F;
    height_factor.check("zoom: height_factor", kLowest, 1);
    if (width_factor) width_factor->check("zoom: width_factor", kLowest, 1);
  }

  std::vector<std::string> parameters() const { return {"height", "width"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = 1 + height_factor.draw(random);
    row[1] = width_factor ? 1 + width_factor->draw(random) : row[0];
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const {
    const double height = row[0];
    const double width = row[1];
    return {{width, 0, size.center_x() * (1 - width),    //
             0, height, size.center_y() * (1 - height),  //
             0, 0, 1}};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
