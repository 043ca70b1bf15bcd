#include "train/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace lathe::train {
namespace {

constexpr std::array<std::string_view, 4> kNames{"accuracy", "iou", "mean_iou",
                                                 "dice"};

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void ConfusionCounts::add(const Tensor& matrix) {
  const auto values = matrix.values<std::int64_t>();
  if (values.size() != counts_.size()) {
    fail("metrics: a matrix of ", matrix.shape(), " for ", classes_,
         " classes");
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += values[i];
}

void ConfusionCounts::add(const ConfusionCounts& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i] += other.counts_[i];
  }
}

void ConfusionCounts::set_values(std::vector<std::int64_t> values) {
  if (values.size() != counts_.size()) {
    fail("metrics: ", values.size(), " counts for ", classes_, " classes");
  }
  counts_ = std::move(values);
}

double ConfusionCounts::accuracy() const {
  std::int64_t right = 0;
  std::int64_t all = 0;
  for (std::int64_t t = 0; t < classes_; ++t) {
    right += at(t, t);
    for (std::int64_t p = 0; p < classes_; ++p) all += at(t, p);
  }
  return ratio(right, all);
}

double ConfusionCounts::iou(std::int64_t of_class) const {
  std::int64_t either = -at(of_class, of_class);
  for (std::int64_t c = 0; c < classes_; ++c) {
    either += at(of_class, c) + at(c, of_class);
  }
  return ratio(at(of_class, of_class), either);
}

double ConfusionCounts::dice(std::int64_t of_class) const {
  const double overlap = iou(of_class);
  return 2 * overlap / (1 + overlap);
}

double ConfusionCounts::mean_iou() const {
  double sum = 0;
  int occurring = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const double value = iou(c);
    if (std::isnan(value)) continue;
    sum += value;
    ++occurring;
  }
  return occurring == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : sum / occurring;
}

double ConfusionCounts::mean_dice() const {
  double sum = 0;
  int occurring = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const double value = dice(c);
    if (std::isnan(value)) continue;
    sum += value;
    ++occurring;
  }
  return occurring == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : sum / occurring;
}

double ConfusionCounts::metric(std::string_view name) const {
  require_metric(name);
  if (name == "accuracy") return accuracy();
  if (name == "mean_iou") return mean_iou();
  if (name == "dice") return classes_ == 2 ? dice(1) : mean_dice();
  if (classes_ != 2) {
    fail("metrics: iou is for two classes and there are ", classes_,
         "; use mean_iou");
  }
  return iou(1);
}

void require_metric(std::string_view name) {
  if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
    fail("metrics: '", name,
         "' is not known; there are accuracy, iou, mean_iou, dice");
  }
}

}  // namespace lathe::train
