#pragma once

#include <string>

#include "apps/training_data.h"
#include "augment/pipeline.h"

namespace lathe::apps {

/// HTML that shows a pipeline: its text, its passes, and some samples before it
/// and as it makes them in the first epochs. Empty where it is.
std::string augmentation_sheet(const augment::Pipeline& pipeline,
                               const TrainingData& data,
                               const TrainingOptions& options);

}  // namespace lathe::apps
