#pragma once

#include <algorithm>

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Puts an image into the middle of a larger one, in whole pixels, where it is
/// smaller than that, as albumentations' PadIfNeeded.
struct Pad {
  static constexpr std::string_view kName = "pad";

  /// What height and width are at least, in pixels.
  ImageSize size = {.height = 224, .width = 224};
  FillMode fill_mode = FillMode::constant;
  /// For FillMode::constant; 0 is black and 1 is white.
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
    visitor("fill_mode", self.fill_mode);
    visitor("fill_value", self.fill_value);
  }

  void check() const { check_size("pad: size", size); }

  std::vector<std::string> parameters() const { return {}; }
  void draw(Philox&, std::span<float>) const {}

  ImageSize output_size(ImageSize from) const {
    return {.height = std::max(from.height, size.height),
            .width = std::max(from.width, size.width)};
  }

  Matrix matrix(std::span<const float>, ImageSize from) const {
    const ImageSize to = output_size(from);
    return window_at(-((to.width - from.width) / 2),
                     -((to.height - from.height) / 2));
  }

  std::optional<Sampling> sampling() const {
    return Sampling{Interpolation::bilinear, fill_mode, fill_value};
  }
};

}  // namespace lathe::augment
