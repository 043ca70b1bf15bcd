#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace lathe::apps {

/// The command line of augment_preview, one member an option.
struct PreviewOptions {
  /// The folder of a training run that says the rest.
  std::filesystem::path run;
  std::filesystem::path images;
  std::filesystem::path masks;
  std::filesystem::path boxes;
  std::string augment = "flip=horizontal";
  std::filesystem::path output = "augment_preview.png";
  std::int64_t size = 224;
  std::int64_t samples = 4;
  std::int64_t draws = 4;
  /// Counted from 1, as programs that train count them.
  std::uint32_t epoch = 1;
  double minimum_visibility = 0;
  /// Each operation of the pipeline by itself.
  bool each = false;
  bool no_tint = false;
  bool no_captions = false;
  /// "SEED,EPOCH,SAMPLE", with a run "EPOCH,SAMPLE", or empty.
  std::string replay;
  // As programs that train have them.
  std::uint64_t seed = 0;
  std::int64_t limit = 0;
  std::int64_t batch = 16;
  bool no_shuffle = false;
  double val_fraction = 0.1;
};

/// Reads the command line. Returns the exit code where the program is to end at
/// once: after --help, or on wrong usage, which it explains on standard error.
std::optional<int> parse(int count, char** arguments, PreviewOptions& options);

/// Sets seed, epoch and draws to those of --replay and returns the sample's
/// number; nothing where it isn't given. Throws Error where it is no such text.
std::optional<std::uint32_t> settle_replay(PreviewOptions& options);

}  // namespace lathe::apps
