#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace lathe::apps {

/// The command line of predict, one member an option.
struct PredictOptions {
  std::filesystem::path model;
  std::filesystem::path input;
  std::filesystem::path output;
  bool overlay = false;
  bool probabilities = false;
  double threshold = 0.5;
  std::int64_t batch = 16;
  std::string device = "auto";
  std::string precision = "fp32";
  int threads = 0;
  bool profile = false;
};

}  // namespace lathe::apps
