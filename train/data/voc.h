#pragma once

#include <filesystem>

#include "train/data/annotated_image.h"

namespace lathe::train {

/// The images and boxes of a folder of Pascal VOC's XML files, in the order of
/// their names. Classes are those given, or all that occur, sorted. VOC counts
/// pixels from 1 and both ends of a box in: its left edge is xmin - 1. Throws
/// Error naming the file and the line that is wrong.
AnnotatedImages read_voc(const std::filesystem::path& folder,
                         std::vector<std::string> class_names = {});

}  // namespace lathe::train
