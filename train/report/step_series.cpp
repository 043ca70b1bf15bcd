#include "train/report/step_series.h"

namespace lathe::train {

StepSeries::StepSeries(std::size_t most_points) : most_points_(most_points) {}

void StepSeries::add(std::int64_t step, double value) {
  if (sums_.empty() || sums_.back().count == steps_a_point_) {
    if (sums_.size() == most_points_) {
      for (std::size_t i = 0; i < most_points_ / 2; ++i) {
        const Sum& first = sums_[2 * i];
        const Sum& second = sums_[2 * i + 1];
        sums_[i] = {.last_step = second.last_step,
                    .count = first.count + second.count,
                    .sum = first.sum + second.sum};
      }
      sums_.resize(most_points_ / 2);
      steps_a_point_ *= 2;
    }
    sums_.emplace_back();
  }
  Sum& last = sums_.back();
  last.last_step = step;
  last.count += 1;
  last.sum += value;
}

std::vector<Point> StepSeries::points() const {
  std::vector<Point> points;
  points.reserve(sums_.size());
  for (const Sum& each : sums_) {
    points.push_back({static_cast<double>(each.last_step),
                      each.sum / static_cast<double>(each.count)});
  }
  return points;
}

}  // namespace lathe::train
