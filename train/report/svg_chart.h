#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/report/canvas.h"

namespace lathe::train {

/// A curve.
struct ChartSeries {
  /// What the legend calls it.
  std::string name;
  /// The class that the page's style sheet draws it with.
  std::string style;
  /// In the order of their x; where y is not finite the curve is broken.
  std::vector<Point> points;
};

/// Curves over one axis.
struct Chart {
  /// What y is.
  std::string title;
  /// What x counts.
  std::string x_title;
  /// The curves, the first one lowest.
  std::vector<ChartSeries> series;
  /// Where the y axis begins, or as the points have it.
  std::optional<double> least = {};
  /// Where it ends, or as the points have it; what lies above is cut off.
  std::optional<double> most = {};
};

/// An HTML figure with the title, a legend of the names and an inline SVG that
/// fits any width. Over a place it tells, without a script, the numbers there.
/// Empty where no series has a finite point.
std::string svg_chart(const Chart& chart);

}  // namespace lathe::train
