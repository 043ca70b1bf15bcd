#pragma once

#include <filesystem>

#include "core/device.h"
#include "models/model.h"
#include "train/data/dataset.h"

namespace lathe::apps {

struct ReportOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
  /// Mistakes shown, the most certain ones.
  std::size_t mistakes = 25;
};

/// Classifies a whole set and prints precision, recall and F1 of each class;
/// writes the same as report.csv, confusion.png, and as mistakes.png the
/// images that the model was surest of and wrong about. Samples that can't be
/// read are left out.
void report_on(const models::Model& model, const train::Dataset& data,
               const std::filesystem::path& folder,
               const ReportOptions& options);

}  // namespace lathe::apps
