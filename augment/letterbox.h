#pragma once

#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Scales an image to fit into a size in its own proportions, and fills what is
/// left on both sides, as keras.layers.Resizing(pad_to_aspect_ratio=True). The
/// scaled image has whole pixels. Where it is enlarged, its outermost pixels
/// are mixed with the fill value, as its own border is half a pixel further out
/// than they.
struct Letterbox {
  static constexpr std::string_view kName = "letterbox";

  /// In pixels.
  ImageSize size = {.height = 224, .width = 224};
  /// What is left; 0 is black and 1 is white.
  float fill_value = 0;
  Interpolation interpolation = Interpolation::bilinear;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
    visitor("fill_value", self.fill_value);
    visitor("interpolation", self.interpolation);
  }

  void check() const { check_size("letterbox: size", size); }

  std::vector<std::string> parameters() const { return {}; }
  void draw(Philox&, std::span<float>) const {}

  ImageSize output_size(ImageSize) const { return size; }

  Matrix matrix(std::span<const float>, ImageSize from) const {
    const double scale = std::min(
        static_cast<double>(size.height) / static_cast<double>(from.height),
        static_cast<double>(size.width) / static_cast<double>(from.width));
    const auto scaled = [&](std::int64_t extent) {
      return std::max<std::int64_t>(
          1, std::llround(scale * static_cast<double>(extent)));
    };
    const ImageSize fitted{.height = scaled(from.height),
                           .width = scaled(from.width)};
    return stretch(from, fitted) *
           window_at(-((size.width - fitted.width) / 2),
                     -((size.height - fitted.height) / 2));
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, FillMode::constant, fill_value};
  }
};

}  // namespace lathe::augment
