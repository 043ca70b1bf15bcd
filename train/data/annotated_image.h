#pragma once

#include <string>
#include <vector>

#include "augment/annotations.h"
#include "augment/matrix.h"

namespace lathe::train {

/// An image that has objects, as files of annotations know it.
struct AnnotatedImage {
  /// As the file has it: a name, or a path from the folder of images.
  std::string file_name;
  augment::ImageSize size;
  /// Objects that are marked as crowds or as difficult, and boxes without area,
  /// are there but not valid.
  augment::Annotations annotations;
};

struct AnnotatedImages {
  std::vector<AnnotatedImage> images;
  /// By class id.
  std::vector<std::string> class_names;
};

}  // namespace lathe::train
