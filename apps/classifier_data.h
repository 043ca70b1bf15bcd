#pragma once

#include <string>
#include <vector>

#include "apps/classifier_options.h"
#include "apps/training_data.h"

namespace lathe::apps {

/// What a classifier trains on and validates with.
struct ClassifierData : TrainingData {
  std::vector<std::string> class_names;
};

/// Opens the folder, table or IDX files of the options. Throws Error as
/// ClassificationFolder, CsvDataset and IdxDataset do.
ClassifierData open_data(const ClassifierOptions& options);

}  // namespace lathe::apps
