#include "augment/region.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lathe::augment {

namespace {

// Nearer to the horizon positions would be millions of pixels away.
constexpr double kHorizon = 1e-6;

// The half plane where a x + b y + c >= 0.
struct HalfPlane {
  double a = 0;
  double b = 0;
  double c = 0;

  double at(const Point& point) const { return a * point.x + b * point.y + c; }
};

// Sutherland and Hodgman, "Reentrant polygon clipping", 1974, one edge of it.
std::vector<Point> clipped(const std::vector<Point>& polygon,
                           const HalfPlane& side) {
  std::vector<Point> result;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point& from = polygon[i];
    const Point& to = polygon[(i + 1) % polygon.size()];
    const double first = side.at(from);
    const double second = side.at(to);
    if (first >= 0) result.push_back(from);
    if ((first >= 0) != (second >= 0)) {
      const double part = first / (first - second);
      result.push_back(
          {from.x + part * (to.x - from.x), from.y + part * (to.y - from.y)});
    }
  }
  return result;
}

std::vector<Point> within(std::vector<Point> polygon, const Window& window) {
  polygon = clipped(polygon, {.a = 1, .b = 0, .c = -window.x0});
  polygon = clipped(polygon, {.a = -1, .b = 0, .c = window.x1});
  polygon = clipped(polygon, {.a = 0, .b = 1, .c = -window.y0});
  return clipped(polygon, {.a = 0, .b = -1, .c = window.y1});
}

double area_of(const std::vector<Point>& polygon) {
  double twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point& from = polygon[i];
    const Point& to = polygon[(i + 1) % polygon.size()];
    twice += from.x * to.y - to.x * from.y;
  }
  return std::abs(twice) / 2;
}

// Nothing, or what only touches a window.
bool is_nothing(const std::vector<Point>& polygon) {
  constexpr double kLeast = 1e-9;
  return area_of(polygon) < kLeast;
}

}  // namespace

Region::Region(const Box& box) {
  if (!(box.x0 < box.x1 && box.y0 < box.y1)) return;
  const double x0 = box.x0;
  const double y0 = box.y0;
  const double x1 = box.x1;
  const double y1 = box.y1;
  polygons_.push_back({{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}});
}

double Region::area() const {
  double sum = 0;
  for (const Polygon& polygon : polygons_) sum += area_of(polygon);
  return sum;
}

Window Region::bounds() const {
  if (empty()) return {};
  constexpr double kFar = std::numeric_limits<double>::infinity();
  Window result{.x0 = kFar, .y0 = kFar, .x1 = -kFar, .y1 = -kFar};
  for (const Polygon& polygon : polygons_) {
    for (const Point& point : polygon) {
      result = {.x0 = std::min(result.x0, point.x),
                .y0 = std::min(result.y0, point.y),
                .x1 = std::max(result.x1, point.x),
                .y1 = std::max(result.y1, point.y)};
    }
  }
  return result;
}

void Region::move(const Matrix& forward) {
  const auto& m = forward.m;
  for (Polygon& polygon : polygons_) {
    if (m[6] != 0 || m[7] != 0 || m[8] == 0) {
      polygon = clipped(polygon, {.a = m[6], .b = m[7], .c = m[8] - kHorizon});
    }
    for (Point& point : polygon) move_point(forward, point);
  }
  std::erase_if(polygons_, is_nothing);
}

void Region::bend(const std::function<Point(const Point&)>& moved) {
  constexpr double kPiece = 4;  // pixels
  for (Polygon& polygon : polygons_) {
    Polygon bent;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Point& from = polygon[i];
      const Point& to = polygon[(i + 1) % polygon.size()];
      const double x = to.x - from.x;
      const double y = to.y - from.y;
      const int pieces = 1 + static_cast<int>(std::hypot(x, y) / kPiece);
      for (int piece = 0; piece < pieces; ++piece) {
        const double part = static_cast<double>(piece) / pieces;
        bent.push_back(moved({from.x + part * x, from.y + part * y}));
      }
    }
    polygon = std::move(bent);
  }
}

void Region::keep(const Window& window) {
  for (Polygon& polygon : polygons_) polygon = within(polygon, window);
  std::erase_if(polygons_, is_nothing);
}

void Region::cut(const Window& window) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  std::vector<Polygon> left;
  for (const Polygon& polygon : polygons_) {
    for (const Window& side : {Window{-kFar, -kFar, window.x0, kFar},
                               Window{window.x1, -kFar, kFar, kFar},
                               Window{window.x0, -kFar, window.x1, window.y0},
                               Window{window.x0, window.y1, window.x1, kFar}}) {
      left.push_back(within(polygon, side));
    }
  }
  polygons_ = std::move(left);
  std::erase_if(polygons_, is_nothing);
}

Matrix forward_of(const Matrix& matrix) {
  // Edges are half a pixel from the centre that has their number.
  const Matrix to_center{{1, 0, -0.5, 0, 1, -0.5, 0, 0, 1}};
  const Matrix to_edge{{1, 0, 0.5, 0, 1, 0.5, 0, 0, 1}};
  auto m = (to_edge * matrix * to_center).m;
  // Positions are those of a matrix that ends with 1, as row_of() makes it.
  for (double& each : m) each /= matrix.m[8];
  const auto minor = [&](std::size_t a, std::size_t b, std::size_t c,
                         std::size_t d) { return m[a] * m[d] - m[b] * m[c]; };
  const double determinant = m[0] * minor(4, 5, 7, 8) -
                             m[1] * minor(3, 5, 6, 8) +
                             m[2] * minor(3, 4, 6, 7);
  if (std::abs(determinant) < 1e-12) return {{0, 0, 0, 0, 0, 0, 0, 0, 0}};
  Matrix inverse{{minor(4, 5, 7, 8), -minor(1, 2, 7, 8), minor(1, 2, 4, 5),
                  -minor(3, 5, 6, 8), minor(0, 2, 6, 8), -minor(0, 2, 3, 5),
                  minor(3, 4, 6, 7), -minor(0, 1, 6, 7), minor(0, 1, 3, 4)}};
  for (double& each : inverse.m) each /= determinant;
  return inverse;
}

bool move_point(const Matrix& forward, Point& point) {
  const auto& m = forward.m;
  const double k = m[6] * point.x + m[7] * point.y + m[8];
  point = {(m[0] * point.x + m[1] * point.y + m[2]) / k,
           (m[3] * point.x + m[4] * point.y + m[5]) / k};
  return k > 0;
}

}  // namespace lathe::augment
