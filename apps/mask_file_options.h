#pragma once

#include <filesystem>
#include <string>

#include "apps/cli.h"
#include "train/data/segmentation_folder.h"

namespace lathe::apps {

/// How files of masks are found and understood, one member an option.
struct MaskFileOptions {
  std::string mask_values;
  std::filesystem::path mask_colors;
  std::string mask_suffix;

  /// Says the same to a folder of them.
  void set(train::SegmentationFolderOptions& folder) const;
};

/// Adds them to a group of a command line.
void add_mask_file_options(CLI::App& app, MaskFileOptions& options,
                           const std::string& group);

/// What is wrong with them together, if anything.
std::string wrong_combination(const MaskFileOptions& options);

}  // namespace lathe::apps
