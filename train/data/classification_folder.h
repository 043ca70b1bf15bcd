#pragma once

#include <filesystem>

#include "train/data/classified_set.h"

namespace lathe::train {

/// A folder with a sub-folder of images for each class. Classes are in the
/// order of their names, images in the order of class, folder and name, found
/// at any depth, as Keras' image_dataset_from_directory finds them. Hidden
/// files and those that are no images are skipped and counted.
class ClassificationFolder : public ClassifiedFiles {
 public:
  /// Throws Error where the folder is missing or has no sub-folders, where a
  /// class has no image, and where a sub-folder is none of the class names
  /// given.
  explicit ClassificationFolder(const std::filesystem::path& folder,
                                ClassifiedSetOptions options = {});
};

}  // namespace lathe::train
