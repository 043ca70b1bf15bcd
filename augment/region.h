#pragma once

#include <functional>
#include <vector>

#include "augment/box.h"
#include "augment/matrix.h"

namespace lathe::augment {

/// A position in pixels as a Box's edges are.
struct Point {
  double x = 0;
  double y = 0;
};

/// A rectangle of an image, by its edges.
struct Window {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
};

/// What is left of a box on its way through a pipeline: polygons that share no
/// area. A box itself would grow with every turn, and forget what was cut off.
class Region {
 public:
  explicit Region(const Box& box);

  bool empty() const { return polygons_.empty(); }
  double area() const;
  /// The smallest window around it; of an empty region, none at 0.
  Window bounds() const;

  /// Moves it by a matrix of positions before to positions after. What would
  /// lie behind a perspective's horizon is cut off.
  void move(const Matrix& forward);
  /// Moves it as no matrix can: along its edges, every few pixels, to where
  /// `moved` says.
  void bend(const std::function<Point(const Point&)>& moved);
  /// Keeps what is within a window.
  void keep(const Window& window);
  /// Cuts a window out.
  void cut(const Window& window);

 private:
  using Polygon = std::vector<Point>;

  std::vector<Polygon> polygons_;
};

/// From a matrix of an output pixel to the input position that it shows, both
/// with pixel centres at whole numbers: the matrix from positions in the input
/// to those in the output, with edges there. Nothing (zeros) where the matrix
/// can't be turned round, because it shows a line or a point.
Matrix forward_of(const Matrix& matrix);

/// Where a matrix takes a position; false behind a perspective's horizon.
bool move_point(const Matrix& forward, Point& point);

}  // namespace lathe::augment
