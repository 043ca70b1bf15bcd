#pragma once

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Cuts a window out of an image, anywhere in it, in whole pixels. As
/// keras.layers.RandomCrop, but that each sample has a place of its own, that
/// an image of just the window's height (or width) still has it anywhere in
/// the other direction, and that smaller images are refused.
struct RandomCrop {
  static constexpr std::string_view kName = "crop";

  /// The window, in pixels.
  ImageSize size = {.height = 224, .width = 224};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
  }

  void check() const { check_size("crop: size", size); }

  /// Parts of the places from top to bottom and from left to right.
  std::vector<std::string> parameters() const { return {"top", "left"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = random.uniform();
    row[1] = random.uniform();
  }

  ImageSize output_size(ImageSize from) const {
    check_window("crop", size, from);
    return size;
  }

  Matrix matrix(std::span<const float> row, ImageSize from) const {
    const auto place = [](float part, std::int64_t whole, std::int64_t window) {
      return static_cast<std::int64_t>(static_cast<double>(part) *
                                       static_cast<double>(whole - window + 1));
    };
    return window_at(place(row[1], from.width, size.width),
                     place(row[0], from.height, size.height));
  }

  std::optional<Sampling> sampling() const { return std::nullopt; }
};

}  // namespace lathe::augment
