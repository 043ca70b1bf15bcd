#include "train/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace lathe::train {
namespace {

constexpr std::array<std::string_view, 6> kNames{
    "accuracy", "top_5_accuracy", "f1", "iou", "mean_iou", "dice"};

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionCounts::ConfusionCounts(std::int64_t classes)
    : classes_(classes),
      counts_(static_cast<std::size_t>(classes * classes)),
      truths_(static_cast<std::size_t>(classes)),
      predictions_(static_cast<std::size_t>(classes)) {}

void ConfusionCounts::count(std::int64_t truth, std::int64_t predicted,
                            std::int64_t times) {
  counts_[static_cast<std::size_t>(truth * classes_ + predicted)] += times;
  truths_[static_cast<std::size_t>(truth)] += times;
  predictions_[static_cast<std::size_t>(predicted)] += times;
  right_ += truth == predicted ? times : 0;
  total_ += times;
}

void ConfusionCounts::add(const Tensor& matrix) {
  const auto values = matrix.values<std::int64_t>();
  if (values.size() != counts_.size()) {
    fail("metrics: a matrix of ", matrix.shape(), " for ", classes_,
         " classes");
  }
  for (std::int64_t t = 0; t < classes_; ++t) {
    for (std::int64_t p = 0; p < classes_; ++p) {
      count(t, p, values[static_cast<std::size_t>(t * classes_ + p)]);
    }
  }
}

void ConfusionCounts::add(std::span<const std::int32_t> truth,
                          std::span<const std::int32_t> predicted) {
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] >= 0 && truth[i] < classes_) count(truth[i], predicted[i], 1);
  }
}

void ConfusionCounts::add(const ConfusionCounts& other) {
  for (std::int64_t t = 0; t < classes_; ++t) {
    for (std::int64_t p = 0; p < classes_; ++p) count(t, p, other.at(t, p));
  }
  top_5_ += other.top_5_;
}

void ConfusionCounts::add(const StepCounts& step) {
  if (!step.confusion.empty()) add(step.confusion);
  if (!step.predicted.empty()) {
    add(step.truth.values<std::int32_t>(),
        step.predicted.values<std::int32_t>());
  }
  if (!step.top_5.empty()) top_5_ += step.top_5.values<std::int64_t>()[0];
}

void ConfusionCounts::set_values(const std::vector<std::int64_t>& values) {
  if (values.size() != counts_.size()) {
    fail("metrics: ", values.size(), " counts for ", classes_, " classes");
  }
  *this = ConfusionCounts(classes_);
  add(Tensor::from<std::int64_t>({classes_, classes_}, values));
}

double ConfusionCounts::accuracy() const {
  return ratio(right_, total_);
}

double ConfusionCounts::top_5_accuracy() const {
  return ratio(top_5_, total_);
}

double ConfusionCounts::precision(std::int64_t c) const {
  return ratio(at(c, c), taken_for(c));
}

double ConfusionCounts::recall(std::int64_t c) const {
  return ratio(at(c, c), of_class(c));
}

double ConfusionCounts::f1(std::int64_t c) const {
  return ratio(2 * at(c, c), of_class(c) + taken_for(c));
}

double ConfusionCounts::iou(std::int64_t c) const {
  return ratio(at(c, c), of_class(c) + taken_for(c) - at(c, c));
}

template <class F>
double ConfusionCounts::mean(F of_class) const {
  double sum = 0;
  int occurring = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const double value = of_class(c);
    if (std::isnan(value)) continue;
    sum += value;
    ++occurring;
  }
  return occurring == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : sum / occurring;
}

double ConfusionCounts::mean_iou() const {
  return mean([this](std::int64_t c) { return iou(c); });
}

double ConfusionCounts::mean_f1() const {
  return mean([this](std::int64_t c) { return f1(c); });
}

double ConfusionCounts::metric(std::string_view name) const {
  require_metric(name);
  if (name == "accuracy") return accuracy();
  if (name == "top_5_accuracy") return top_5_accuracy();
  if (name == "f1") return mean_f1();
  if (name == "mean_iou") return mean_iou();
  if (name == "dice") return classes_ == 2 ? dice(1) : mean_f1();
  if (classes_ != 2) {
    fail("metrics: iou is for two classes and there are ", classes_,
         "; use mean_iou");
  }
  return iou(1);
}

void require_metric(std::string_view name) {
  if (std::find(kNames.begin(), kNames.end(), name) != kNames.end()) return;
  std::string known;
  for (const std::string_view each : kNames) {
    known += concat(known.empty() ? "" : ", ", each);
  }
  fail("metrics: '", name, "' is not known; there are ", known);
}

}  // namespace lathe::train
