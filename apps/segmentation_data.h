#pragma once

#include "apps/segmentation_options.h"
#include "apps/training_data.h"

namespace lathe::apps {

/// Opens the folders of the options, or the generated scenes. Throws Error as
/// SegmentationFolder does.
TrainingData open_data(const SegmentationOptions& options);

}  // namespace lathe::apps
