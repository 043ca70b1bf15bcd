#pragma once

#include <algorithm>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Shows an image as seen from elsewhere: each corner moves, and straight lines
/// stay straight. As keras.layers.RandomPerspective, but that a corner moves by
/// parts of the image's extents and not of its own position, by which Keras'
/// first corner never moves, and that p is what it says.
struct RandomPerspective {
  static constexpr std::string_view kName = "perspective";

  /// Corners move by -scale / 2 to scale / 2 of height and width. Within 0 to
  /// 0.49: from 0.5 on, images could fold.
  float scale = 0.3F;
  float p = 1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("scale", self.scale);
    visitor("p", self.p);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    if (!(scale >= 0 && scale <= 0.49F)) {
      fail("perspective: scale is ", scale,
           "; it must lie within 0 to 0.49, or images could fold");
    }
    check_probability("perspective: p", p);
  }

  /// How far each corner moves to the right and down, in parts of the extents.
  std::vector<std::string> parameters() const {
    return {"top left x",     "top left y",    "top right x",
            "top right y",    "bottom left x", "bottom left y",
            "bottom right x", "bottom right y"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float reach = 0.5F * scale * chance(random, p);
    for (float& move : row) move = random.uniform(-1, 1) * reach;
  }

  // The square to the corners after Heckbert, "Fundamentals of texture mapping
  // and image warping", 1989; a matrix times a number means the same, so that
  // the adjugate will do for the inverse.
  Matrix matrix(std::span<const float> row, ImageSize size) const {
    if (std::ranges::all_of(row, [](float move) { return move == 0.0F; })) {
      return {};
    }
    const auto right =
        static_cast<double>(std::max<std::int64_t>(size.width - 1, 1));
    const auto bottom =
        static_cast<double>(std::max<std::int64_t>(size.height - 1, 1));
    const double x0 = row[0];
    const double y0 = row[1];
    const double x1 = 1 + row[2];
    const double y1 = row[3];
    const double x2 = 1 + row[6];
    const double y2 = 1 + row[7];
    const double x3 = row[4];
    const double y3 = 1 + row[5];
    const double sum_x = x0 - x1 + x2 - x3;
    const double sum_y = y0 - y1 + y2 - y3;
    const double determinant = (x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2);
    const double g = (sum_x * (y3 - y2) - (x3 - x2) * sum_y) / determinant;
    const double h = ((x1 - x2) * sum_y - sum_x * (y1 - y2)) / determinant;
    const double a = x1 - x0 + g * x1;
    const double b = x3 - x0 + h * x3;
    const double d = y1 - y0 + g * y1;
    const double e = y3 - y0 + h * y3;
    const Matrix back{{e - y0 * h, x0 * h - b, b * y0 - x0 * e,  //
                       y0 * g - d, a - x0 * g, x0 * d - a * y0,  //
                       d * h - e * g, b * g - a * h, a * e - b * d}};
    const Matrix to_unit{{1 / right, 0, 0, 0, 1 / bottom, 0, 0, 0, 1}};
    const Matrix from_unit{{right, 0, 0, 0, bottom, 0, 0, 0, 1}};
    return from_unit * back * to_unit;
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
