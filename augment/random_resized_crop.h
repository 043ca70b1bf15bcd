#pragma once

#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Shows a part of an image, drawn by its area and its proportions, at one
/// size: "Inception" cropping (Szegedy et al., "Going deeper with
/// convolutions", 2015), as torchvision's RandomResizedCrop. A part that would
/// be wider or higher than the image is cut to it.
struct RandomResizedCrop {
  static constexpr std::string_view kName = "resized_crop";

  /// The part's area, within 0.01 to 1 of the image's.
  Range area = {0.08, 1};
  /// Its width by its height where the image is square, within 0.1 to 10; its
  /// logarithm is uniform.
  Range aspect = {0.75, 4.0 / 3};
  /// At which the part is shown, in pixels; without it, that of the image.
  std::optional<ImageSize> size = std::nullopt;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("area", self.area);
    visitor("aspect", self.aspect);
    visitor("size", self.size);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
  }

  void check() const {
    area.check("resized_crop: area", 0.01F, 1);
    aspect.check("resized_crop: aspect", 0.1F, 10);
    if (size) check_size("resized_crop: size", *size);
  }

  /// Parts of the image's extents, and of what they leave above and to the
  /// left.
  std::vector<std::string> parameters() const {
    return {"height", "width", "top", "left"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float part = area.draw(random);
    const float proportion =
        std::exp(random.uniform(std::log(aspect.low), std::log(aspect.high)));
    row[0] = std::min(1.0F, std::sqrt(part / proportion));
    row[1] = std::min(1.0F, std::sqrt(part * proportion));
    row[2] = random.uniform();
    row[3] = random.uniform();
  }

  ImageSize output_size(ImageSize from) const { return size.value_or(from); }

  // Edges go to edges: the continuous position of pixel i's centre is i + 1/2.
  Matrix matrix(std::span<const float> row, ImageSize from) const {
    const double height = row[0];
    const double width = row[1];
    const double top = row[2] * (1 - height) * static_cast<double>(from.height);
    const double left = row[3] * (1 - width) * static_cast<double>(from.width);
    const Matrix part{{width, 0, left + 0.5 * width - 0.5,   //
                       0, height, top + 0.5 * height - 0.5,  //
                       0, 0, 1}};
    return part * stretch(from, output_size(from));
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, 0};
  }
};

}  // namespace lathe::augment
