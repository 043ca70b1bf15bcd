#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/inference_options.h"

namespace lathe::apps {

/// The command line of predict, one member an option.
struct PredictOptions : InferenceOptions {
  std::filesystem::path model;
  std::filesystem::path input;
  std::filesystem::path output;
  bool overlay = false;
  bool probabilities = false;
  double threshold = 0.5;
  bool profile = false;
  // Large photographs
  std::optional<std::int64_t> tile;
  std::optional<std::int64_t> overlap;
  std::string tta = "none";

  /// Whether photographs are cut into tiles, not resized.
  bool tiled() const { return tile || overlap; }
};

/// Reads the command line. Returns the exit code where the program is to end at
/// once: after --help, or on wrong usage, which it explains.
std::optional<int> parse(int count, const char* const* arguments,
                         PredictOptions& options);

}  // namespace lathe::apps
