#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/mask_file_options.h"
#include "apps/training_options.h"

namespace lathe::apps {

/// The command line of train_segmentation, one member an option.
struct SegmentationOptions : TrainingOptions, MaskFileOptions {
  std::filesystem::path data;
  std::filesystem::path images;
  std::filesystem::path masks;
  std::filesystem::path val_images;
  std::filesystem::path val_masks;
  std::int64_t classes = 1;
  std::int64_t crop = 0;
  bool crop_balanced = false;
  std::string loss = "crossentropy";
  std::string class_weights = "none";
  std::int64_t scenes = 600;

  /// Whether it trains on generated scenes, for want of a folder.
  bool generated() const { return data.empty() && images.empty(); }
};

/// As parse() of command_line.h.
std::optional<int> parse(int count, const char* const* arguments,
                         SegmentationOptions& options);

}  // namespace lathe::apps
