#pragma once

#include <string>
#include <vector>

#include "apps/segmentation_options.h"
#include "train/data/dataset.h"

namespace lathe::apps {

/// What --class-weights means for these masks: none, numbers, or balanced,
/// which counts the pixels of every mask. Throws Error where there is no
/// positive number, or zero, for each class.
std::vector<float> class_weights(const SegmentationOptions& options,
                                 const train::Dataset& masks);

/// A line about them for the user: "class weights: sky 0.4, 1 2.5".
std::string weights_text(const std::vector<float>& weights,
                         const std::vector<std::string>& names);

}  // namespace lathe::apps
