#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "augment/annotations.h"
#include "core/tensor.h"

namespace lathe::apps {

/// The command line of augment_preview, one member an option.
struct PreviewOptions {
  std::filesystem::path images;
  std::filesystem::path masks;
  std::string augment = "flip=horizontal";
  std::filesystem::path output = "augment_preview.png";
  std::int64_t size = 224;
  std::int64_t samples = 4;
  std::int64_t draws = 4;
  std::uint64_t seed = 0;
  /// Counted from 1, as programs that train count them.
  std::uint32_t epoch = 1;
  /// "SEED,EPOCH,SAMPLE", or empty.
  std::string replay;
};

/// What a preview shows, before it is augmented.
struct PreviewSamples {
  /// uint8 (N, H, W, 3).
  Tensor images;
  /// Class ids, uint8 (N, H, W, 1), or empty.
  Tensor masks;
  std::vector<std::string> names;
  /// As a training on the same folders has them.
  std::vector<std::uint32_t> ids;
};

/// Reads samples as train_segmentation and train_classifier do: in the order of
/// their names, resized. Without folders they are generated scenes. `ids` says
/// which, or is empty for the first ones; throws Error where there is no such
/// sample.
PreviewSamples read_samples(const PreviewOptions& options,
                            std::vector<std::uint32_t> ids);

}  // namespace lathe::apps
