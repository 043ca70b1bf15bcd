#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

/// How often each class was taken for each other, over all samples so far.
class ConfusionCounts {
 public:
  explicit ConfusionCounts(std::int64_t classes = 2)
      : classes_(classes),
        counts_(static_cast<std::size_t>(classes * classes)) {}

  /// Adds the output of graph::ConfusionMatrix (int64, rows the true class).
  void add(const Tensor& matrix);
  void add(const ConfusionCounts& other);

  std::int64_t classes() const { return classes_; }
  std::int64_t at(std::int64_t truth, std::int64_t predicted) const {
    return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
  }
  const std::vector<std::int64_t>& values() const { return counts_; }
  void set_values(std::vector<std::int64_t> values);

  /// The share of pixels given their true class.
  double accuracy() const;
  /// Of one class: pixels of both over pixels of either; NaN where neither has
  /// any.
  double iou(std::int64_t of_class) const;
  /// Of one class: 2 both / (truth + prediction); NaN where neither has any.
  double dice(std::int64_t of_class) const;
  /// The mean of iou() over the classes that occur, as keras.metrics.MeanIoU.
  double mean_iou() const;
  double mean_dice() const;

  /// By name: "accuracy", "iou" (of class 1; of two classes only), "mean_iou",
  /// "dice" (of class 1 of two, else the mean). Throws Error for others.
  double metric(std::string_view name) const;

 private:
  std::int64_t classes_;
  std::vector<std::int64_t> counts_;
};

/// Throws Error listing the known names unless `name` is a metric.
void require_metric(std::string_view name);

}  // namespace lathe::train
