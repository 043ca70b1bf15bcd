#pragma once

#include <cstdint>
#include <vector>

#include "train/report/canvas.h"

namespace lathe::train {

/// A number of each step of a run, for a curve: means over as many steps as
/// keep it within so many points, however long the run.
class StepSeries {
 public:
  /// `most_points` is an even number.
  explicit StepSeries(std::size_t most_points = 400);

  /// That of a step; steps come in their order, and some may be missing.
  void add(std::int64_t step, double value);
  /// The last step of each point, and the mean.
  std::vector<Point> points() const;

 private:
  struct Sum {
    std::int64_t last_step = 0;
    std::int64_t count = 0;
    double sum = 0;
  };

  std::size_t most_points_;
  std::int64_t steps_a_point_ = 1;
  std::vector<Sum> sums_;
};

}  // namespace lathe::train
