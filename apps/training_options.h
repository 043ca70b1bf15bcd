#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "train/data/loader.h"
#include "train/trainer_options.h"

namespace lathe::apps {

/// What the command lines of all training programs have in common, one member
/// an option.
struct TrainingOptions {
  // Data
  double val_fraction = 0.1;
  std::int64_t size = 224;
  std::int64_t limit = 0;
  bool skip_bad = false;
  std::string cache = "auto";
  // Training
  std::int64_t batch = 16;
  std::int64_t epochs = 2;
  double learning_rate = 1e-3;
  std::string optimizer = "adam";
  std::string schedule = "constant";
  std::int64_t patience = 0;
  std::uint64_t seed = 0;
  std::string device = "auto";
  std::string precision = "fp32";
  std::string memory = "normal";
  bool no_capture = false;
  bool profile = false;
  std::string augment;
  std::string augment_at = "step";
  bool no_shuffle = false;
  std::string statistics = "corrected";
  std::string sync_statistics = "on";
  std::filesystem::path init;
  std::filesystem::path resume;
  // Results
  std::filesystem::path output;
  std::string checkpoint = "model.{epoch:02d}-{loss:.3f}.keras";
  std::string monitor = "loss";
  std::string mode = "min";
  bool save_best_only = false;
  bool tensorboard = false;
  bool summary = false;
  // Machine
  int threads = 0;
  /// The program's name, and all of its options with their values, a JSON
  /// object's text; set by parse().
  std::string program;
  std::string json;

  /// Optimizer, schedule, device and how it is used, precision, seed,
  /// statistics and processes().
  train::TrainerOptions trainer_options() const;
  /// Batches and their order.
  train::LoaderOptions loader_options() const;
};

}  // namespace lathe::apps
