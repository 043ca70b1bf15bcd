#pragma once

#include <filesystem>

#include "train/data/annotated_image.h"

namespace lathe::train {

/// The images, boxes and keypoints of a COCO file (instances or
/// person_keypoints JSON, `cocodataset.org/#format-data`). Classes are the
/// categories in the order of their ids; class ids count them from 0. COCO's
/// keypoints are numbers of pixels, whose middle is half a pixel further.
/// Images come in the file's order, their objects too. Throws Error naming the
/// file, and the entry, such as "annotations[3]", that is wrong.
AnnotatedImages read_coco(const std::filesystem::path& path);

/// Writes what read_coco() reads the same; objects that aren't valid are
/// crowds. All keypoints of a box, which must be one after the other, are its
/// annotation's.
void write_coco(const std::filesystem::path& path,
                const AnnotatedImages& annotated);

}  // namespace lathe::train
