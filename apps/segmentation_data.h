#pragma once

#include <memory>
#include <string>

#include "apps/segmentation_options.h"
#include "train/data/dataset.h"

namespace lathe::apps {

/// What a run trains on and validates with, and a line about it for the user.
struct SegmentationData {
  std::shared_ptr<const train::Dataset> train;
  /// Null where nothing was kept for validation.
  std::shared_ptr<const train::Dataset> validation;
  std::string report;
};

/// Opens the folders of the options, or the generated scenes, kept in memory
/// as far as --cache allows. Throws Error as SegmentationFolder does.
SegmentationData open_data(const SegmentationOptions& options);

}  // namespace lathe::apps
