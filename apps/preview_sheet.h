#pragma once

#include <string>
#include <vector>

#include "augment/annotations.h"
#include "train/report/canvas.h"

namespace lathe::apps {

/// One picture of a contact sheet.
struct PreviewCell {
  /// uint8 (H, W, 3).
  Tensor image;
  /// Class ids, uint8 (H, W, 1), or empty.
  Tensor mask = {};
  augment::Annotations annotations = {};
  /// What is written beneath it.
  std::string caption = {};
};

/// A caption with the numbers in it rounded to four digits.
std::string rounded(const std::string& text);

/// Rows of cells: images tinted by their masks, boxes and keypoints drawn in
/// the colours of their classes, captions beneath. Boxes and keypoints that
/// aren't valid or labelled are left out. Rows are as long as the longest.
train::Canvas draw_sheet(const std::vector<std::vector<PreviewCell>>& rows);

}  // namespace lathe::apps
