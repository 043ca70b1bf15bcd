#include "train/report/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.h"
#include "train/report/axis.h"
#include "train/report/html.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

// The whole drawing's, and its plot's in it.
constexpr double kWidth = 480;
constexpr double kHeight = 250;
constexpr double kLeft = 68;
constexpr double kTop = 10;
constexpr double kRight = kWidth - 12;
constexpr double kBottom = kHeight - 40;
// Beyond it points are no longer dots of their own, nor places to ask at.
constexpr std::size_t kMostDots = 30;
constexpr std::size_t kMostPlaces = 120;

bool finite(Point point) {
  return std::isfinite(point.y);
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) { find_range(); }

  bool empty() const { return low_ > high_; }

  std::string text() {
    make_room();
    std::string svg =
        concat("<svg viewBox=\"0 0 ", kWidth, " ", kHeight,
               "\" role=\"img\" aria-label=\"", escaped(chart_.title), "\">\n");
    draw_axes(svg);
    for (const ChartSeries& series : chart_.series) draw_series(svg, series);
    draw_places(svg);
    return svg + "</svg>";
  }

 private:
  void find_range() {
    for (const ChartSeries& series : chart_.series) {
      for (const Point point : series.points) {
        if (!finite(point)) continue;
        low_ = std::min(low_, point.y);
        high_ = std::max(high_, point.y);
        first_ = std::min(first_, point.x);
        last_ = std::max(last_, point.x);
      }
    }
  }

  void make_room() {
    low_ = chart_.least.value_or(low_);
    high_ = std::max(chart_.most.value_or(high_), low_);
    double margin = (high_ - low_) * 0.06;
    // Of numbers that are all the same the axis has few digits.
    if (high_ - low_ <= std::abs(high_) * 1e-3) margin = std::abs(high_) * 0.05;
    if (margin == 0) margin = 1;
    if (!chart_.least) low_ -= margin;
    high_ += margin;
  }

  double x_of(double x) const {
    if (first_ == last_) return (kLeft + kRight) / 2;
    constexpr double kInset = 8;
    return std::lerp(kLeft + kInset, kRight - kInset,
                     (x - first_) / (last_ - first_));
  }
  double y_of(double y) const {
    return std::max(kTop,
                    std::lerp(kBottom, kTop, (y - low_) / (high_ - low_)));
  }

  void draw_axes(std::string& svg) const {
    const double step = nice_step(high_ - low_, 6);
    for (double y = std::ceil(low_ / step) * step; y <= high_; y += step) {
      svg +=
          concat("<path class=\"grid\" d=\"M", kLeft, " ", number(y_of(y), 1),
                 "H", kRight, "\"/><text x=\"", kLeft - 8, "\" y=\"",
                 number(y_of(y) + 4, 1), "\" text-anchor=\"end\">",
                 tick_label(y, step), "</text>\n");
    }
    const double stride = std::max(1.0, nice_step(last_ - first_ + 1, 8));
    for (double x = std::ceil(first_ / stride) * stride; x <= last_;
         x += stride) {
      svg += concat("<text x=\"", number(x_of(x), 1), "\" y=\"", kBottom + 18,
                    "\" text-anchor=\"middle\">", tick_label(x, stride),
                    "</text>\n");
    }
    svg +=
        concat("<path class=\"axis\" d=\"M", kLeft, " ", kBottom, "H", kRight,
               "\"/><text x=\"", kRight, "\" y=\"", kHeight - 4,
               "\" text-anchor=\"end\">", escaped(chart_.x_title), "</text>\n");
  }

  void draw_series(std::string& svg, const ChartSeries& series) const {
    std::string path;
    bool drawing = false;
    for (const Point point : series.points) {
      if (finite(point)) {
        path += concat(drawing ? "L" : "M", number(x_of(point.x), 1), " ",
                       number(y_of(point.y), 1));
      }
      drawing = finite(point);
    }
    if (path.empty()) return;
    svg +=
        concat("<path class=\"curve ", series.style, "\" d=\"", path, "\"/>\n");
    if (series.points.size() > kMostDots) return;
    for (const Point point : series.points) {
      if (!finite(point)) continue;
      svg += concat("<circle class=\"", series.style, "\" cx=\"",
                    number(x_of(point.x), 1), "\" cy=\"",
                    number(y_of(point.y), 1), "\" r=\"2.5\"/>");
    }
    svg += '\n';
  }

  // Strips that a pointer finds; browsers show their titles.
  void draw_places(std::string& svg) const {
    std::set<double> all;
    for (const ChartSeries& series : chart_.series) {
      for (const Point point : series.points) all.insert(point.x);
    }
    const std::size_t stride = (all.size() + kMostPlaces - 1) / kMostPlaces;
    std::vector<double> places;
    std::size_t index = 0;
    for (const double x : all) {
      if (index++ % stride == 0) places.push_back(x);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto border = [&](std::size_t k) {
        return (x_of(places[k - 1]) + x_of(places[k])) / 2;
      };
      const double left = i == 0 ? kLeft : border(i);
      const double right = i + 1 == places.size() ? kRight : border(i + 1);
      svg += concat("<rect class=\"place\" x=\"", number(left, 1), "\" y=\"",
                    kTop, "\" width=\"", number(right - left, 1),
                    "\" height=\"", kBottom - kTop, "\"><title>",
                    told_at(places[i]), "</title></rect>\n");
    }
  }

  std::string told_at(double x) const {
    std::string text = escaped(chart_.x_title) + " " + number(x, 0);
    for (const ChartSeries& series : chart_.series) {
      const auto found =
          std::ranges::lower_bound(series.points, x, {}, &Point::x);
      if (found == series.points.end() || found->x != x || !finite(*found)) {
        continue;
      }
      text +=
          concat("\n", escaped(series.name), ": ", significant(found->y, 5));
    }
    return text;
  }

  const Chart& chart_;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  double first_ = std::numeric_limits<double>::infinity();
  double last_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::string svg_chart(const Chart& chart) {
  Drawing drawing(chart);
  if (drawing.empty()) return {};
  std::string legend;
  if (chart.series.size() > 1) {
    for (const ChartSeries& series : chart.series) {
      legend += concat("<span class=\"key ", series.style, "\">",
                       escaped(series.name), "</span>");
    }
  }
  return concat("<figure class=\"chart\"><figcaption><b>", escaped(chart.title),
                "</b>", legend, "</figcaption>\n", drawing.text(),
                "</figure>\n");
}

}  // namespace lathe::train
