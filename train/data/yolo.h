#pragma once

#include <filesystem>
#include <vector>

#include "train/data/annotated_image.h"

namespace lathe::train {

/// Adds to images, whose names and sizes are given, the boxes of a folder of
/// YOLO's text files: for photo.jpg there is photo.txt, or no file where there
/// is no object. A line is an object: its class (from 0, below `classes`), then
/// middle, width and height as parts of the image's extents, then for pose x, y
/// and visibility of each keypoint. Throws Error naming the file and the line
/// that is wrong.
void read_yolo(const std::filesystem::path& folder, std::int64_t classes,
               std::vector<AnnotatedImage>& images);

/// Writes a file an image into a folder that there is, without the objects that
/// aren't valid.
void write_yolo(const std::filesystem::path& folder,
                const std::vector<AnnotatedImage>& images);

}  // namespace lathe::train
