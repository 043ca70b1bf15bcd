#pragma once

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Cuts a window out of an image's middle, in whole pixels, as
/// keras.layers.CenterCrop; smaller images are refused.
struct CenterCrop {
  static constexpr std::string_view kName = "center_crop";

  /// The window, in pixels.
  ImageSize size = {.height = 224, .width = 224};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
  }

  void check() const { check_size("center_crop: size", size); }

  std::vector<std::string> parameters() const { return {}; }
  void draw(Philox&, std::span<float>) const {}

  ImageSize output_size(ImageSize from) const {
    check_window("center_crop", size, from);
    return size;
  }

  Matrix matrix(std::span<const float>, ImageSize from) const {
    return window_at((from.width - size.width) / 2,
                     (from.height - size.height) / 2);
  }

  std::optional<Sampling> sampling() const { return std::nullopt; }
};

}  // namespace lathe::augment
