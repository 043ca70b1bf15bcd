#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/device.h"
#include "core/precision.h"
#include "models/model.h"
#include "train/data/segmentation_folder.h"
#include "train/metrics.h"
#include "train/report/threshold_sweep.h"

namespace lathe::apps {

struct MaskReportOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  /// Where given, samples that can't be read are left out and reported here.
  std::function<void(const std::string& error)> on_bad_sample = {};
};

/// What a segmentation model's predictions amount to, over all pixels whose
/// mask says what they are.
struct MaskScores {
  /// The mean crossentropy, of probabilities kept 1e-7 away from 0 and 1 as
  /// Keras keeps them. A training's is of what its sigmoid or softmax reads,
  /// and larger where pixels are wrong beyond that.
  double loss = 0;
  train::ConfusionCounts counts;
  /// Of models of one class.
  std::optional<train::ThresholdSweep> sweep = {};
};

/// Predicts a whole set.
MaskScores score_masks(const models::Model& model, const train::Dataset& data,
                       const MaskReportOptions& options);

/// The same of images that are not resized but cut into tiles of the model's
/// size: each pixel counts once. Smaller images lie in the middle of black.
MaskScores score_tiles(const models::Model& model,
                       const train::SegmentationFolder& data,
                       const MaskReportOptions& options);

/// Prints IoU, Dice, precision and recall of each class and writes them as
/// report.csv, with confusion.png; of one class also thresholds.csv and
/// precision_recall.png.
void report_on(const MaskScores& scores, const std::vector<std::string>& names,
               const std::filesystem::path& folder);

}  // namespace lathe::apps
