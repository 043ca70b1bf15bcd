#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lathe::train {

/// What a threshold makes of the probabilities of an object: a pixel above it
/// counts as object. A share of nothing is 0.
struct ThresholdScores {
  double threshold = 0;
  double accuracy = 0;
  /// The share of what is taken for object that is object.
  double precision = 0;
  /// The share of the object that is taken for it.
  double recall = 0;
  /// Pixels of both over pixels of either.
  double iou = 0;
  /// Twice the pixels of both over the sum of each.
  double dice = 0;
};

/// Counts the pixels of object and background by their probability, in
/// thousandths, so that every threshold's scores follow without keeping them.
class ThresholdSweep {
 public:
  /// Thresholds that are told apart.
  static constexpr std::size_t kSteps = 1000;

  /// Probabilities within [0, 1] and as many class ids: 0, 1, or 255, which is
  /// left out.
  void add(std::span<const float> probabilities,
           std::span<const std::uint8_t> truth);

  /// At `step` thousandths.
  ThresholdScores at(std::size_t step) const;
  /// At 0, `every`, 2 `every`, ... thousandths, below 1.
  std::vector<ThresholdScores> rows(std::size_t every) const;
  /// The threshold of the largest IoU, the lowest of several.
  ThresholdScores best() const;
  /// The mean of the precision over the recall, a step for each threshold:
  /// sklearn.metrics.average_precision_score of probabilities in thousandths.
  /// 0 without any object.
  double average_precision() const;

 private:
  /// Counts above a threshold, and of all.
  struct Above {
    std::int64_t object = 0;
    std::int64_t background = 0;
  };
  Above above(std::size_t step) const;

  // [i]: above (i - 1) thousandths, up to i of them.
  std::array<std::int64_t, kSteps + 1> object_{};
  std::array<std::int64_t, kSteps + 1> background_{};
};

/// As CSV: threshold,accuracy,precision,recall,iou,dice.
std::string threshold_csv(const std::vector<ThresholdScores>& rows);

}  // namespace lathe::train
