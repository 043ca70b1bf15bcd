#include "train/report/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/report/axis.h"
#include "train/report/font.h"

namespace lathe::train {
namespace {

constexpr std::array<Colour, 6> kPalette{{{31, 119, 180},
                                          {255, 127, 14},
                                          {44, 160, 44},
                                          {214, 39, 40},
                                          {148, 103, 189},
                                          {140, 86, 75}}};

struct Curve {
  std::string name;
  std::vector<double> values;
  Colour colour{};
  bool broken = false;
};

std::string plain_name(const std::string& name) {
  return name.starts_with("val_") ? name.substr(4) : name;
}

// Curves of the loss, or of everything else.
std::vector<Curve> curves_of(const std::vector<Logs>& history, bool loss) {
  std::vector<Curve> curves;
  std::vector<std::string> plain;
  for (const auto& [name, value] : history.front()) {
    if ((plain_name(name) == "loss") != loss) continue;
    const auto known = std::find(plain.begin(), plain.end(), plain_name(name));
    const auto index = static_cast<std::size_t>(known - plain.begin());
    if (known == plain.end()) plain.push_back(plain_name(name));
    Curve curve{.name = name,
                .values = {},
                .colour = kPalette[index % kPalette.size()],
                .broken = name.starts_with("val_")};
    for (const Logs& row : history) {
      curve.values.push_back(log_value(row, name));
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

class Panel {
 public:
  Panel(Canvas& canvas, Point corner, Point size)
      : canvas_(canvas), corner_(corner), size_(size) {}

  void draw(const std::string& title, const std::vector<Curve>& curves) {
    canvas_.text_centred({corner_.x + size_.x / 2, corner_.y - 26}, title,
                         kInk);
    find_range(curves);
    draw_axes();
    for (const Curve& curve : curves) draw_curve(curve);
    draw_legend(curves);
  }

 private:
  void find_range(const std::vector<Curve>& curves) {
    low_ = std::numeric_limits<double>::infinity();
    high_ = -low_;
    for (const Curve& curve : curves) {
      epochs_ = std::max(epochs_, curve.values.size());
      for (const double value : curve.values) {
        if (!std::isfinite(value)) continue;
        low_ = std::min(low_, value);
        high_ = std::max(high_, value);
      }
    }
    if (low_ > high_) low_ = high_ = 0;
    const double margin =
        std::max({(high_ - low_) * 0.06, std::abs(high_) * 1e-6, 1e-6});
    low_ -= margin;
    high_ += margin;
  }

  double x_of(double epoch) const {
    const double span = std::max<double>(1, static_cast<double>(epochs_) - 1);
    const double inset = epochs_ == 1 ? 0.5 : 0.03 + 0.94 * (epoch - 1) / span;
    return corner_.x + inset * size_.x;
  }
  double y_of(double value) const {
    return corner_.y + size_.y * (high_ - value) / (high_ - low_);
  }

  void draw_axes() {
    const double step = nice_step(high_ - low_, 7);
    for (double value = std::ceil(low_ / step) * step; value <= high_;
         value += step) {
      const double y = y_of(value);
      canvas_.line({corner_.x, y}, {corner_.x + size_.x, y}, kGrid);
      canvas_.text_ending({corner_.x - 6, y - kGlyphHeight / 2.0},
                          tick_label(value, step), kInk);
    }
    const auto last = static_cast<double>(epochs_);
    const double stride = std::max(1.0, nice_step(last, 8));
    for (double epoch = stride > 1 ? stride : 1; epoch <= last;
         epoch += stride) {
      const double x = x_of(epoch);
      canvas_.line({x, corner_.y + size_.y}, {x, corner_.y + size_.y + 4},
                   kInk);
      canvas_.text_centred({x, corner_.y + size_.y + 6}, tick_label(epoch, 1),
                           kInk);
    }
    canvas_.text_centred({corner_.x + size_.x / 2, corner_.y + size_.y + 26},
                         "epoch", kInk);
    const Point right{corner_.x + size_.x, corner_.y + size_.y};
    canvas_.line({corner_.x, right.y}, right, kInk);
    canvas_.line(corner_, {corner_.x, right.y}, kInk);
  }

  void draw_curve(const Curve& curve) {
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      const double value = curve.values[i];
      if (!std::isfinite(value)) continue;
      const Point here{x_of(static_cast<double>(i + 1)), y_of(value)};
      canvas_.line(here, here, curve.colour, 5);
      if (i + 1 == curve.values.size()) continue;
      const double next = curve.values[i + 1];
      if (!std::isfinite(next)) continue;
      stroke(here, {x_of(static_cast<double>(i + 2)), y_of(next)}, curve);
    }
  }

  void stroke(Point from, Point to, const Curve& curve) {
    if (!curve.broken) return canvas_.line(from, to, curve.colour, 2);
    constexpr double kDash = 6;
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    const auto at = [&](double distance) {
      const double share = std::min(1.0, distance / length);
      return Point{std::lerp(from.x, to.x, share),
                   std::lerp(from.y, to.y, share)};
    };
    for (double start = 0; start < length; start += 2 * kDash) {
      canvas_.line(at(start), at(start + kDash), curve.colour, 2);
    }
  }

  void draw_legend(const std::vector<Curve>& curves) {
    double y = corner_.y + size_.y + 50;
    double x = corner_.x;
    for (const Curve& curve : curves) {
      const double width =
          40 + static_cast<double>(curve.name.size()) * kGlyphWidth;
      if (x + width > corner_.x + size_.x && x > corner_.x) {
        x = corner_.x;
        y += kGlyphHeight + 2;
      }
      stroke({x, y + 9}, {x + 24, y + 9}, curve);
      canvas_.text({x + 30, y}, curve.name, kInk);
      x += width + 8;
    }
  }

  Canvas& canvas_;
  Point corner_;
  Point size_;
  double low_ = 0;
  double high_ = 1;
  std::size_t epochs_ = 1;
};

}  // namespace

Canvas draw_curves(const std::vector<Logs>& history) {
  Canvas canvas(480, 1100);
  if (history.empty()) return canvas;
  Panel(canvas, {70, 50}, {450, 300}).draw("loss", curves_of(history, true));
  const std::vector<Curve> metrics = curves_of(history, false);
  if (!metrics.empty()) {
    Panel(canvas, {620, 50}, {450, 300}).draw("metrics", metrics);
  }
  return canvas;
}

}  // namespace lathe::train
