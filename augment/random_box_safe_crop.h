#pragma once

#include <algorithm>

#include "augment/augmentation.h"
#include "augment/extents.h"

namespace lathe::augment {

/// Shows a part of an image with all its boxes in it, at one size: each edge
/// lies anywhere between the image's and the outermost box's, as
/// albumentations' BBoxSafeRandomCrop has it. Where the boxes, or none, would
/// leave less than a part of `minimum`, such a part that holds them takes their
/// place, anywhere. It needs BatchKey::annotations, as they come into the
/// pipeline.
struct RandomBoxSafeCrop {
  static constexpr std::string_view kName = "box_safe_crop";

  /// Of height and of width, within 0.01 to 1.
  float minimum = 0.3F;
  /// At which the part is shown, in pixels; without it, that of the image.
  std::optional<ImageSize> size = std::nullopt;
  FillMode fill_mode = FillMode::reflect;
  Interpolation interpolation = Interpolation::bilinear;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("minimum", self.minimum);
    visitor("size", self.size);
    visitor("fill_mode", self.fill_mode);
    visitor("interpolation", self.interpolation);
  }

  void check() const {
    if (!(minimum >= 0.01F && minimum <= 1)) {
      fail("box_safe_crop: minimum is ", minimum,
           "; it must lie within 0.01 to 1");
    }
    if (size) check_size("box_safe_crop: size", *size);
  }

  /// Where each edge is between the image's, 0, and the boxes', 1; where a part
  /// of the minimum is among its places; the edges in pixels, from the boxes.
  std::vector<std::string> parameters() const {
    return {"left", "top", "right", "bottom", "across",
            "down", "x0",  "y0",    "x1",     "y1"};
  }

  void draw(Philox& random, std::span<float> row) const {
    for (float& number : row.first(kDrawn)) number = random.uniform();
    std::ranges::fill(row.subspan(kDrawn), 0.0F);
  }

  std::string describe(std::span<const float> row) const {
    return concat("edges cut by left ", write(row[0]), ", top ", write(row[1]),
                  ", right ", write(row[2]), ", bottom ", write(row[3]),
                  " of what is beyond the boxes");
  }

  void fit(std::span<float> row, std::span<const Box> boxes,
           ImageSize from) const {
    const auto width = static_cast<float>(from.width);
    const auto height = static_cast<float>(from.height);
    Box all{.x0 = width, .y0 = height, .x1 = 0, .y1 = 0};
    for (const Box& box : boxes) {
      all = {.x0 = std::min(all.x0, box.x0),
             .y0 = std::min(all.y0, box.y0),
             .x1 = std::max(all.x1, box.x1),
             .y1 = std::max(all.y1, box.y1)};
    }
    widen(all.x0, all.x1, width, row[4]);
    widen(all.y0, all.y1, height, row[5]);
    row[kDrawn] = row[0] * all.x0;
    row[kDrawn + 1] = row[1] * all.y0;
    row[kDrawn + 2] = std::max(all.x1, width - row[2] * (width - all.x1));
    row[kDrawn + 3] = std::max(all.y1, height - row[3] * (height - all.y1));
  }

  ImageSize output_size(ImageSize from) const { return size.value_or(from); }

  // Edges go to edges: the continuous position of pixel i's centre is i + 1/2.
  Matrix matrix(std::span<const float> row, ImageSize from) const {
    const double left = row[kDrawn];
    const double top = row[kDrawn + 1];
    const double x = (row[kDrawn + 2] - left) / static_cast<double>(from.width);
    const double y = (row[kDrawn + 3] - top) / static_cast<double>(from.height);
    const Matrix part{{x, 0, left + 0.5 * x - 0.5,  //
                       0, y, top + 0.5 * y - 0.5,   //
                       0, 0, 1}};
    return part * stretch(from, output_size(from));
  }

  std::optional<Sampling> sampling() const {
    return Sampling{interpolation, fill_mode, 0};
  }

 private:
  /// How many numbers are drawn; what follows from boxes is behind them.
  static constexpr std::size_t kDrawn = 6;

  // Of no boxes, low is the extent and high is 0: any place is right.
  void widen(float& low, float& high, float extent, float place) const {
    const float least = minimum * extent;
    if (high - low >= least) return;
    const float first = std::max(0.0F, high - least);
    const float last = std::min(low, extent - least);
    low = std::min(low, first + place * (last - first));
    high = std::max(high, std::min(extent, low + least));
  }
};

}  // namespace lathe::augment
