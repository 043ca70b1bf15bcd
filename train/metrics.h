#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

/// What a step counted, as views of its memory: a matrix for class maps
/// (graph::ConfusionMatrix), or for labels the true and the predicted class of
/// each sample (int32).
struct StepCounts {
  Tensor confusion;
  Tensor truth;
  Tensor predicted;
  /// graph::TopK of 5 (int64, one element), where it is asked for.
  Tensor top_5;
};

/// How often each class was taken for each other, over all samples so far, and
/// how often the truth was among the five likeliest. Adding a few samples costs
/// as little where there are many classes.
class ConfusionCounts {
 public:
  explicit ConfusionCounts(std::int64_t classes = 2);

  /// Adds the output of graph::ConfusionMatrix (int64, rows the true class).
  void add(const Tensor& matrix);
  /// Adds samples one by one; those of a truth that is no class are left out.
  void add(std::span<const std::int32_t> truth,
           std::span<const std::int32_t> predicted);
  void add(const ConfusionCounts& other);
  void add(const StepCounts& step);
  /// Adds the output of graph::TopK.
  void add_top_5(std::int64_t count) { top_5_ += count; }

  std::int64_t classes() const { return classes_; }
  std::int64_t at(std::int64_t truth, std::int64_t predicted) const {
    return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
  }
  /// How many samples (pixels) were counted, and of one class: how many are of
  /// it, and how many were taken for it.
  std::int64_t total() const { return total_; }
  std::int64_t of_class(std::int64_t c) const {
    return truths_[static_cast<std::size_t>(c)];
  }
  std::int64_t taken_for(std::int64_t c) const {
    return predictions_[static_cast<std::size_t>(c)];
  }
  std::int64_t top_5() const { return top_5_; }
  const std::vector<std::int64_t>& values() const { return counts_; }
  void set_values(const std::vector<std::int64_t>& values);

  /// The share of samples given their true class.
  double accuracy() const;
  /// The share whose truth was among the five likeliest.
  double top_5_accuracy() const;

  // Of one class, NaN where nothing would be divided by nothing.
  /// The share of what was taken for it that is of it.
  double precision(std::int64_t c) const;
  /// The share of what is of it that was taken for it.
  double recall(std::int64_t c) const;
  /// 2 right / (truth + prediction), which dice() is as well.
  double f1(std::int64_t c) const;
  double dice(std::int64_t c) const { return f1(c); }
  /// Samples of both over samples of either.
  double iou(std::int64_t c) const;

  // Means over the classes that occur, in truth or prediction.
  /// As keras.metrics.MeanIoU.
  double mean_iou() const;
  /// Macro-averaged, as keras.metrics.F1Score(average="macro") where every
  /// class occurs.
  double mean_f1() const;

  /// By name: "accuracy", "top_5_accuracy", "f1" (mean_f1), "iou" (of class 1;
  /// of two classes only), "mean_iou", "dice" (of class 1 of two, else the
  /// mean). Throws Error for others.
  double metric(std::string_view name) const;

 private:
  void count(std::int64_t truth, std::int64_t predicted, std::int64_t times);
  template <class F>
  double mean(F of_class) const;

  std::int64_t classes_;
  std::vector<std::int64_t> counts_;
  // Sums over the matrix, kept while counting.
  std::vector<std::int64_t> truths_;
  std::vector<std::int64_t> predictions_;
  std::int64_t right_ = 0;
  std::int64_t total_ = 0;
  std::int64_t top_5_ = 0;
};

/// Throws Error listing the known names unless `name` is a metric.
void require_metric(std::string_view name);

}  // namespace lathe::train
