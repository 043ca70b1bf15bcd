#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/inference_options.h"
#include "apps/mask_file_options.h"

namespace lathe::apps {

/// The command line of evaluate, one member an option.
struct EvaluateOptions : InferenceOptions, MaskFileOptions {
  std::filesystem::path model;
  // Data
  std::filesystem::path data;
  std::filesystem::path images;
  std::filesystem::path masks;
  bool tiles = false;
  std::filesystem::path csv;
  std::int64_t limit = 0;
  bool skip_bad = false;
  // Results
  std::filesystem::path output = "evaluation";
};

/// Reads the command line. Returns the exit code where the program is to end at
/// once: after --help, or on wrong usage, which it explains.
std::optional<int> parse(int count, const char* const* arguments,
                         EvaluateOptions& options);

}  // namespace lathe::apps
