#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace lathe::apps {

/// The command line of train_segmentation, one member an option.
struct SegmentationOptions {
  // Data
  std::filesystem::path data;
  std::filesystem::path images;
  std::filesystem::path masks;
  std::filesystem::path val_images;
  std::filesystem::path val_masks;
  double val_fraction = 0.1;
  std::int64_t size = 224;
  std::int64_t classes = 1;
  std::string mask_values;
  std::string mask_suffix;
  std::int64_t limit = 0;
  bool skip_bad = false;
  std::string cache = "auto";
  std::int64_t scenes = 600;
  // Training
  std::int64_t batch = 16;
  std::int64_t epochs = 2;
  double learning_rate = 1e-3;
  std::uint64_t seed = 0;
  std::string device = "auto";
  std::string augment = "flip=horizontal_and_vertical";
  std::string augment_at = "step";
  bool no_shuffle = false;
  std::string statistics = "corrected";
  std::filesystem::path init;
  std::filesystem::path resume;
  // Results
  std::filesystem::path output = "runs/segmentation";
  std::string checkpoint = "model.{epoch:02d}-{loss:.3f}.keras";
  std::string monitor = "loss";
  std::string mode = "min";
  bool save_best_only = false;
  bool summary = false;
  // Machine
  int threads = 0;

  /// Whether it trains on generated scenes, for want of a folder.
  bool generated() const { return data.empty() && images.empty(); }
};

/// Reads the command line. Returns the exit code where the program is to end at
/// once: after --help, or on wrong usage, which it explains on standard error.
std::optional<int> parse(int count, const char* const* arguments,
                         SegmentationOptions& options);

/// Every option with its value, as a JSON object's text.
std::string to_json(const SegmentationOptions& options);

}  // namespace lathe::apps
