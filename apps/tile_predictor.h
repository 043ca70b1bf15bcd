#pragma once

#include <filesystem>

#include "apps/mask_names.h"
#include "apps/predict_options.h"
#include "models/model.h"
#include "models/tiles.h"

namespace lathe::apps {

/// Writes the masks of photographs of any size, which are cut into tiles, not
/// resized.
class TilePredictor {
 public:
  /// Throws Error where the model can't take tiles of the size asked for.
  TilePredictor(const PredictOptions& options, MaskNames names,
                const models::Model& model);

  /// `run`: models::PredictOptions::run.
  void predict(const std::filesystem::path& photograph,
               const std::function<void(Executable&)>& run);
  /// So many millions of pixels until now.
  double megapixels() const { return megapixels_; }

 private:
  const PredictOptions& options_;
  MaskNames names_;
  models::TileOptions tiles_;
  models::Model model_;
  double megapixels_ = 0;
};

}  // namespace lathe::apps
