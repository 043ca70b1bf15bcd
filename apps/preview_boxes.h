#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "augment/annotations.h"
#include "augment/matrix.h"
#include "train/data/dataset.h"

namespace lathe::apps {

struct PreviewBoxes {
  /// One element a sample.
  std::vector<augment::Annotations> annotations;
  /// What was found, in a line.
  std::string report;
};

/// The boxes and keypoints of images that were resized to `size`: of a COCO
/// JSON file, or of a folder of Pascal VOC's XML files or of YOLO's texts.
/// Images find theirs by the name of their file; those that have none have no
/// objects. Throws Error naming the file where it is none of these, where no
/// image of `data` is known to it, or one has another size in it.
PreviewBoxes read_boxes(const std::filesystem::path& path,
                        const train::Dataset& data,
                        const std::vector<std::filesystem::path>& images,
                        augment::ImageSize size);

/// A box around each class of each mask, uint8 (N, H, W, 1); 0, the
/// background, and 255, what is ignored, have none.
std::vector<augment::Annotations> boxes_around(const Tensor& masks);

}  // namespace lathe::apps
