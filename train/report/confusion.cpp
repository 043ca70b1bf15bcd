#include "train/report/confusion.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "train/report/class_report.h"
#include "train/report/font.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

constexpr Colour kWhite{255, 255, 255};
constexpr Colour kRight{31, 119, 180};
constexpr Colour kWrong{200, 50, 40};
constexpr std::int64_t kMostWithCounts = 40;
constexpr std::size_t kMostLetters = 32;
constexpr double kGap = 8;

double pixels(std::size_t letters) {
  return static_cast<double>(letters) * kGlyphWidth;
}

Colour mixed(Colour a, Colour b, double share) {
  Colour result{};
  for (std::size_t c = 0; c < result.size(); ++c) {
    result[c] = static_cast<std::uint8_t>(std::lround(std::lerp(
        static_cast<double>(a[c]), static_cast<double>(b[c]), share)));
  }
  return result;
}

class Chart {
 public:
  Chart(const ConfusionCounts& counts,
        const std::vector<std::string>& class_names)
      : counts_(counts),
        report_(class_report(counts)),
        with_counts_(counts.classes() <= kMostWithCounts) {
    for (const std::string& name : class_names) {
      names_.push_back(written(name, kMostLetters));
      name_width_ = std::max(name_width_, pixels(names_.back().size()));
    }
    cell_ = cell_size();
    const bool level = with_counts_ && name_width_ + 4 <= cell_;
    rising_ = !level;
    left_ = kGlyphHeight + name_width_ + 3 * kGap;
    top_ = kGlyphHeight + 3 * kGap + (rising_ ? name_width_ : kGlyphHeight);
    side_ = cell_ * static_cast<double>(counts.classes());
  }

  Canvas draw() const {
    // Room for the recall and its heading on the right, the precision below.
    const double right =
        with_counts_ ? pixels(std::string_view("precision").size()) + kGap : 0;
    const double bottom = with_counts_ ? kGlyphHeight + kGap : 0;
    Canvas canvas(static_cast<std::int64_t>(top_ + side_ + bottom + 2 * kGap),
                  static_cast<std::int64_t>(left_ + side_ + right + 2 * kGap));
    canvas.text_centred({left_ + side_ / 2, kGap}, "prediction", kInk);
    const double half = pixels(std::string_view("truth").size()) / 2;
    canvas.text_rising({kGap, top_ + side_ / 2 + half}, "truth", kInk);
    draw_names(canvas);
    canvas.fill({left_ - 1, top_ - 1}, {side_ + 2, side_ + 2}, kGrid);
    for (std::int64_t row = 0; row < counts_.classes(); ++row) {
      for (std::int64_t column = 0; column < counts_.classes(); ++column) {
        draw_cell(canvas, row, column);
      }
    }
    if (with_counts_) draw_scores(canvas);
    return canvas;
  }

 private:
  double cell_size() const {
    if (!with_counts_) {
      return std::clamp<double>(
          std::floor(1200 / static_cast<double>(counts_.classes())), 1, 20);
    }
    std::int64_t most = 0;
    for (std::int64_t row = 0; row < counts_.classes(); ++row) {
      for (std::int64_t column = 0; column < counts_.classes(); ++column) {
        most = std::max(most, counts_.at(row, column));
      }
    }
    const double number = pixels(std::to_string(most).size());
    return std::max({number + 10, 36.0, counts_.classes() <= 12 ? 56.0 : 0.0});
  }

  double start(std::int64_t index) const {
    return cell_ * static_cast<double>(index);
  }

  void draw_names(Canvas& canvas) const {
    // Names that would lie on one another are left out.
    const auto stride =
        static_cast<std::int64_t>(std::ceil(kGlyphHeight / cell_));
    for (std::int64_t i = 0; i < counts_.classes(); i += stride) {
      const std::string& name = names_[static_cast<std::size_t>(i)];
      const double middle = start(i) + cell_ / 2;
      const double line = middle - kGlyphHeight / 2.0;
      canvas.text_ending({left_ - kGap, top_ + line}, name, kInk);
      if (rising_) {
        canvas.text_rising({left_ + line, top_ - kGap}, name, kInk);
      } else {
        canvas.text_centred({left_ + middle, top_ - kGap - kGlyphHeight}, name,
                            kInk);
      }
    }
  }

  void draw_cell(Canvas& canvas, std::int64_t row, std::int64_t column) const {
    const std::int64_t count = counts_.at(row, column);
    const auto support = static_cast<double>(
        report_.classes[static_cast<std::size_t>(row)].support);
    const Point corner{left_ + start(column), top_ + start(row)};
    // The root makes rare mistakes visible.
    const double shade =
        count == 0 ? 0 : std::sqrt(static_cast<double>(count) / support);
    const Colour colour = mixed(kWhite, row == column ? kRight : kWrong, shade);
    const double line = cell_ >= 8 ? 1 : 0;
    if (line > 0) canvas.fill(corner, {cell_, cell_}, kGrid);
    canvas.fill(corner, {cell_ - line, cell_ - line}, colour);
    if (!with_counts_ || count == 0) return;
    canvas.text_centred(
        {corner.x + cell_ / 2, corner.y + (cell_ - kGlyphHeight) / 2},
        std::to_string(count), shade > 0.6 ? kWhite : kInk);
  }

  void draw_scores(Canvas& canvas) const {
    const auto percent = [](double share) {
      return std::to_string(std::lround(100 * share)) + "%";
    };
    const double right = left_ + side_ + kGap;
    const double bottom = top_ + side_ + kGap;
    canvas.text({right, top_ - kGap - kGlyphHeight}, "recall", kInk);
    canvas.text({right, bottom}, "precision", kInk);
    for (std::int64_t i = 0; i < counts_.classes(); ++i) {
      const ClassScores& scores = report_.classes[static_cast<std::size_t>(i)];
      const double middle = start(i) + cell_ / 2;
      canvas.text({right, top_ + middle - kGlyphHeight / 2.0},
                  percent(scores.recall), kInk);
      canvas.text_centred({left_ + middle, bottom}, percent(scores.precision),
                          kInk);
    }
  }

  const ConfusionCounts& counts_;
  ClassReport report_;
  bool with_counts_;
  std::vector<std::string> names_;
  double name_width_ = 0;
  double cell_ = 0;
  bool rising_ = false;
  double left_ = 0;  // of the cells
  double top_ = 0;
  double side_ = 0;
};

}  // namespace

Canvas draw_confusion(const ConfusionCounts& counts,
                      const std::vector<std::string>& class_names) {
  if (static_cast<std::int64_t>(class_names.size()) != counts.classes()) {
    fail("draw_confusion: ", class_names.size(), " names for ",
         counts.classes(), " classes");
  }
  return Chart(counts, class_names).draw();
}

}  // namespace lathe::train
