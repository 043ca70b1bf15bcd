#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Distorts as a lens does (Brown, "Decentering distortion of lenses", 1966;
/// its first radial term): what is shown at the distance r from the middle is
/// at r (1 + k r^2), with r = 1 at the corners. A positive k makes objects in
/// the corners smaller (a barrel), a negative one larger (a pincushion).
struct RandomOpticalDistortion {
  static constexpr std::string_view kName = "optical_distortion";

  /// k, within -0.33 (beyond it the image would fold at its corners) to 1.
  Factor factor = 0.2;
  float p = 1;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
    visitor("p", self.p);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    factor.check("optical_distortion: factor", -0.33F, 1);
    check_probability("optical_distortion: p", p);
  }

  std::vector<std::string> parameters() const { return {"strength"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = factor.draw(random);
    row[0] = drawn * chance(random, p);
  }

  std::size_t warp_controls(ImageSize) const { return 0; }

  Warp warp(std::span<const float> row, ImageSize size,
            std::span<float>) const {
    if (row[0] == 0.0F) return {};
    return {.kind = WarpKind::radial,
            .width = static_cast<float>(size.width),
            .height = static_cast<float>(size.height),
            .strength = row[0]};
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
