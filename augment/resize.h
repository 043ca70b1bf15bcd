#pragma once

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Brings an image to a size, edges to edges, as keras.layers.Resizing. What is
/// made smaller is not smoothed first (antialias=False).
struct Resize {
  static constexpr std::string_view kName = "resize";

  /// In pixels.
  ImageSize size = {.height = 224, .width = 224};
  Interpolation interpolation = Interpolation::bilinear;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
    visitor("interpolation", self.interpolation);
  }

  void check() const { check_size("resize: size", size); }

  std::vector<std::string> parameters() const { return {}; }
  void draw(Philox&, std::span<float>) const {}

  ImageSize output_size(ImageSize) const { return size; }

  Matrix matrix(std::span<const float>, ImageSize from) const {
    return stretch(from, size);
  }

  // Half a pixel beyond the border, which is all that is seen, reflection is
  // the nearest pixel.
  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, FillMode::reflect, 0};
  }
};

}  // namespace lathe::augment
