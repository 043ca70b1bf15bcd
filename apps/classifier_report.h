#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/device.h"
#include "core/precision.h"
#include "models/model.h"
#include "train/data/dataset.h"
#include "train/metrics.h"

namespace lathe::apps {

struct ReportOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  /// Mistakes shown, the most certain ones.
  std::size_t mistakes = 25;
  /// Where given, samples that can't be read are left out and reported here.
  std::function<void(const std::string& error)> on_bad_sample = {};
};

/// What a classifier's predictions amount to.
struct ClassScores {
  /// The mean crossentropy.
  double loss = 0;
  train::ConfusionCounts counts;
};

/// Classifies a whole set and prints precision, recall and F1 of each class;
/// writes the same as report.csv, confusion.png, and as mistakes.png the
/// images that the model was surest of and wrong about. A single output is the
/// probability of the second of two classes.
ClassScores report_on(const models::Model& model, const train::Dataset& data,
                      const std::filesystem::path& folder,
                      const ReportOptions& options);

}  // namespace lathe::apps
