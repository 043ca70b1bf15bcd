#pragma once

#include <span>

#include "train/report/canvas.h"

namespace lathe::train {

/// The colour in which a class is shown; class 0, the background, has none.
Colour class_colour(std::int64_t of_class);

/// The class ids of a row of a mask and of those beside it.
struct MaskRows {
  /// Null for a mask's first row.
  const std::uint8_t* above = nullptr;
  /// The row itself.
  const std::uint8_t* here = nullptr;
  /// Null for the last row.
  const std::uint8_t* below = nullptr;
};

/// A row of overlay(), in place of the image's, RGB.
void overlay_row(std::span<std::uint8_t> pixels, const MaskRows& mask,
                 double share = 0.5);

/// An image uint8 (H, W, 3) tinted by the class ids of a mask (H, W, 1) of the
/// same size, each class with a border of its full colour; ignored pixels (255)
/// are darkened.
Tensor overlay(const Tensor& image, const Tensor& mask, double share = 0.5);

/// Rows of image, truth and prediction. images (N, H, W, 3), masks (N, H, W, 1)
/// of class ids, all uint8.
Canvas draw_samples(const Tensor& images, const Tensor& truth,
                    const Tensor& prediction);

}  // namespace lathe::train
