#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Shows a window of four samples side by side, two by two: the sample itself
/// and three others of its batch (Bochkovskiy et al., "YOLOv4", 2020). Masks,
/// boxes and keypoints follow; labels have the parts that the pixels have.
struct RandomMosaic {
  static constexpr std::string_view kName = "mosaic";

  /// The window's extents by an image's, within 1 to 2: 2 shows all four at
  /// half their size, 1 as much as one image, at full size.
  Range scale = {1, 2};
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("scale", self.scale);
    visitor("p", self.p);
  }

  void check() const {
    scale.check("mosaic: scale", 1, 2);
    check_probability("mosaic: p", p);
  }

  /// Which of the other samples each partner is, within [0, 1), the window's
  /// scale, the parts of what it leaves that are to its left and above it, and
  /// the sample that comes first.
  std::vector<std::string> parameters() const {
    return {"partner_1", "partner_2", "partner_3", "scale",
            "left",      "top",       "first"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const bool done = chance(random, p) != 0.0F;
    for (std::size_t i = 0; i < 3; ++i) row[i] = random.uniform();
    const float drawn_scale = scale.draw(random);
    const float left = random.uniform();
    const float top = random.uniform();
    const auto first = static_cast<float>(random.below(4));
    row[3] = done ? drawn_scale : 1.0F;
    row[4] = done ? left : 0.0F;
    row[5] = done ? top : 0.0F;
    row[6] = done ? first : 0.0F;
  }

  MixStep mix(std::span<const float> row, ImageSize size,
              BatchPlace place) const {
    MixStep step{
        .kind = MixKind::mosaic,
        .numbers = {
            row[3], row[4] * (2 - row[3]) * static_cast<float>(size.width),
            row[5] * (2 - row[3]) * static_cast<float>(size.height), row[6]}};
    const bool whole = row[3] == 1.0F && row[4] == 0.0F && row[5] == 0.0F;
    if (whole && row[6] == 0.0F) return {};
    for (std::size_t i = 0; i < 3; ++i) {
      step.partners[i] = static_cast<std::int32_t>(place.other(row[i]));
    }
    return step;
  }
};

}  // namespace lathe::augment
