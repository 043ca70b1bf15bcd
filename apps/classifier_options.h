#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/training_options.h"

namespace lathe::apps {

/// The command line of train_classifier, one member an option.
struct ClassifierOptions : TrainingOptions {
  // Data
  std::filesystem::path data;
  std::filesystem::path train;
  std::filesystem::path val;
  std::filesystem::path csv;
  std::filesystem::path idx;
  // Model
  std::string model = "efficientnet_b0";
  double drop_connect = 0.2;
  std::filesystem::path weights;
  std::string freeze;
  // Training
  std::int64_t fine_tune_at = 0;
  double label_smoothing = 0;
  std::string class_weights = "none";

  /// Whether nothing else than IDX files was named.
  bool from_idx() const { return data.empty() && train.empty() && csv.empty(); }
};

/// As parse() of command_line.h. Without data it chooses the IDX files of
/// Debian's dataset-fashion-mnist and, unless --size says otherwise, their size
/// of 32.
std::optional<int> parse(int count, const char* const* arguments,
                         ClassifierOptions& options);

}  // namespace lathe::apps
