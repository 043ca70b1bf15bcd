#include "train/report/precision_recall.h"

#include <string>

#include "train/report/font.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

constexpr Colour kBlue{31, 119, 180};
constexpr Colour kOrange{255, 127, 14};
constexpr Colour kGreen{44, 160, 44};

// A square from 0 to 1 both ways.
class Square {
 public:
  Square(Canvas& canvas, Point corner, double side, const std::string& across,
         const std::string& upwards)
      : canvas_(canvas), corner_(corner), side_(side) {
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      const double at = tenth / 10.0;
      canvas.line(place({0, at}), place({1, at}), kGrid);
      canvas.line(place({at, 0}), place({at, 1}), kGrid);
      const Point left = place({0, at});
      canvas.text_ending({left.x - 6, left.y - kGlyphHeight / 2.0},
                         number(at, 1), kInk);
      const Point low = place({at, 0});
      canvas.text_centred({low.x, low.y + 6}, number(at, 1), kInk);
    }
    canvas.line(place({0, 0}), place({1, 0}), kInk);
    canvas.line(place({0, 0}), place({0, 1}), kInk);
    const Point middle = place({0.5, 0});
    canvas.text_centred({middle.x, middle.y + 26}, across, kInk);
    canvas.text_centred({middle.x, corner.y - 26}, upwards, kInk);
  }

  Point place(Point share) const {
    return {corner_.x + side_ * share.x, corner_.y + side_ * (1 - share.y)};
  }
  void line(Point from, Point to, Colour colour) {
    canvas_.line(place(from), place(to), colour, 2);
  }
  void dot(Point at, Colour colour, double size) {
    canvas_.line(place(at), place(at), colour, size);
  }
  // Ends left of the point, where the curve is not.
  void name(Point at, const std::string& text) {
    const Point here = place(at);
    canvas_.text_ending({here.x - 8, here.y + 6}, text, kInk);
  }

 private:
  Canvas& canvas_;
  Point corner_;
  double side_;
};

Point on_curve(const ThresholdScores& scores) {
  return {scores.recall, scores.precision};
}

}  // namespace

Canvas draw_precision_recall(const ThresholdSweep& sweep) {
  Canvas canvas(480, 900);
  Square curve(canvas, {70, 50}, 340, "recall",
               "precision, mean " + number(sweep.average_precision(), 4));
  const std::vector<ThresholdScores> rows = sweep.rows(1);
  // Above the largest probability nothing is taken for object, and precision
  // says nothing.
  std::size_t last = rows.size() - 1;
  while (last > 0 && rows[last].recall == 0) --last;
  for (std::size_t i = 0; i < last; ++i) {
    curve.line(on_curve(rows[i]), on_curve(rows[i + 1]), kBlue);
  }
  for (std::size_t tenth = 1; tenth < 10; ++tenth) {
    curve.dot(on_curve(rows[tenth * rows.size() / 10]), kBlue, 6);
  }
  const ThresholdScores best = sweep.best();
  curve.dot(on_curve(best), kOrange, 9);
  curve.name(on_curve(best),
             "IoU " + number(best.iou, 3) + " at " + number(best.threshold, 3));

  Square scores(canvas, {520, 50}, 340, "threshold",
                "IoU, precision and recall");
  const auto draw = [&](double ThresholdScores::*score, Colour colour) {
    for (std::size_t i = 0; i < last; ++i) {
      scores.line({rows[i].threshold, rows[i].*score},
                  {rows[i + 1].threshold, rows[i + 1].*score}, colour);
    }
  };
  draw(&ThresholdScores::precision, kBlue);
  draw(&ThresholdScores::recall, kGreen);
  draw(&ThresholdScores::iou, kOrange);
  const auto legend = [&](double x, const std::string& text, Colour colour) {
    canvas.line({x, 449}, {x + 24, 449}, colour, 2);
    canvas.text({x + 30, 440}, text, kInk);
  };
  legend(520, "IoU", kOrange);
  legend(610, "precision", kBlue);
  legend(740, "recall", kGreen);
  return canvas;
}

}  // namespace lathe::train
