#pragma once

#include <memory>
#include <string>

#include "apps/training_options.h"
#include "train/data/dataset.h"

namespace lathe::apps {

/// What a run trains on and validates with, and a line about it for the user.
struct TrainingData {
  std::shared_ptr<const train::Dataset> train;
  /// Null where nothing was kept for validation.
  std::shared_ptr<const train::Dataset> validation;
  std::string report;

  /// Validation where there is some.
  const std::shared_ptr<const train::Dataset>& shown() const {
    return validation ? validation : train;
  }
};

/// Keeps the samples in memory once they are read, as far as --cache allows,
/// and says so in the report.
void keep_in_memory(TrainingData& data, const TrainingOptions& options);

}  // namespace lathe::apps
