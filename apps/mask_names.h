#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "apps/predict_options.h"

namespace lathe::apps {

/// What the masks of photographs are called: each after its own, with its
/// extension where another photograph has the same name but for that.
class MaskNames {
 public:
  /// Throws Error where what is written of a photograph would take the place of
  /// a photograph, or of what is written of another.
  MaskNames(const PredictOptions& options,
            const std::vector<std::filesystem::path>& photographs);

  /// What is written of it, without its ending: ".png" of a mask.
  std::filesystem::path of(const std::filesystem::path& photograph) const;

 private:
  std::filesystem::path output_;
  std::set<std::filesystem::path> shared_;  // stems
};

/// How the files end that are written of a photograph.
inline constexpr const char* kMaskEnd = ".png";
inline constexpr const char* kOverlayEnd = "_overlay.png";
inline constexpr const char* kProbabilityEnd = "_probability.png";

}  // namespace lathe::apps
