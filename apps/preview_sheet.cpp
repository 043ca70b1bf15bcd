#include "apps/preview_sheet.h"

#include <algorithm>
#include <regex>

#include "train/report/font.h"
#include "train/report/samples.h"
#include "train/report/text.h"

namespace lathe::apps {

namespace {

using train::Canvas;
using train::Colour;
using train::Point;

constexpr std::int64_t kGap = 8;
constexpr double kThickness = 2;

Colour colour_of(std::int32_t class_id) {
  return train::class_colour(static_cast<std::int64_t>(class_id) + 1);
}

void draw_box(Canvas& canvas, const augment::Box& box, Point at) {
  if (!box.valid) return;
  const double left = at.x + static_cast<double>(box.x0);
  const double top = at.y + static_cast<double>(box.y0);
  const double right = at.x + static_cast<double>(box.x1) - 1;
  const double bottom = at.y + static_cast<double>(box.y1) - 1;
  const Colour colour = colour_of(box.class_id);
  canvas.line({left, top}, {right, top}, colour, kThickness);
  canvas.line({right, top}, {right, bottom}, colour, kThickness);
  canvas.line({right, bottom}, {left, bottom}, colour, kThickness);
  canvas.line({left, bottom}, {left, top}, colour, kThickness);
}

std::vector<std::string> lines_of(const std::string& caption,
                                  std::size_t letters) {
  if (caption.empty()) return {};
  return train::wrapped(caption, letters);
}

// A cross; that of a hidden one is smaller.
void draw_keypoint(Canvas& canvas, const augment::Keypoint& keypoint,
                   const std::vector<augment::Box>& boxes, Point at) {
  if (keypoint.visibility == augment::Visibility::unlabelled) return;
  const auto owner = static_cast<std::size_t>(keypoint.box);
  const Colour colour = keypoint.box >= 0 && owner < boxes.size()
                            ? colour_of(boxes[owner].class_id)
                            : colour_of(0);
  const double arm =
      keypoint.visibility == augment::Visibility::visible ? 4 : 2;
  const double x = at.x + static_cast<double>(keypoint.x) - 0.5;
  const double y = at.y + static_cast<double>(keypoint.y) - 0.5;
  canvas.line({x - arm, y}, {x + arm, y}, colour, kThickness);
  canvas.line({x, y - arm}, {x, y + arm}, colour, kThickness);
}

void draw_cell(Canvas& canvas, const PreviewCell& cell, std::int64_t x,
               std::int64_t y, std::size_t letters) {
  canvas.paste(
      cell.mask.empty() ? cell.image : train::overlay(cell.image, cell.mask), x,
      y);
  const Point at{static_cast<double>(x), static_cast<double>(y)};
  for (const augment::Box& box : cell.annotations.boxes) {
    draw_box(canvas, box, at);
  }
  for (const augment::Keypoint& keypoint : cell.annotations.keypoints) {
    draw_keypoint(canvas, keypoint, cell.annotations.boxes, at);
  }
  double line = at.y + static_cast<double>(cell.image.shape()[0]) + 2;
  for (const std::string& text : lines_of(cell.caption, letters)) {
    canvas.text({at.x, line}, text, train::kInk);
    line += train::kGlyphHeight;
  }
}

}  // namespace

std::string rounded(const std::string& text) {
  static const std::regex long_number(R"(-?\d+\.\d+(e-?\d+)?)");
  std::string result;
  auto rest = text.cbegin();
  for (std::sregex_iterator each(text.begin(), text.end(), long_number), end;
       each != end; ++each) {
    result.append(rest, (*each)[0].first);
    result += train::significant(std::stod((*each)[0].str()), 4);
    rest = (*each)[0].second;
  }
  return result.append(rest, text.cend());
}

Canvas draw_sheet(const std::vector<std::vector<PreviewCell>>& rows) {
  std::int64_t width = 1;
  std::size_t columns = 1;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
    for (const PreviewCell& cell : row) {
      width = std::max(width, cell.image.shape()[1]);
    }
  }
  const auto letters = static_cast<std::size_t>(
      std::max<std::int64_t>(1, width / train::kGlyphWidth));
  std::vector<std::int64_t> tops{kGap};
  for (const auto& row : rows) {
    std::int64_t height = 0;
    for (const PreviewCell& cell : row) {
      const auto lines =
          static_cast<std::int64_t>(lines_of(cell.caption, letters).size());
      height =
          std::max(height, cell.image.shape()[0] + lines * train::kGlyphHeight);
    }
    tops.push_back(tops.back() + height + kGap);
  }
  Canvas canvas(tops.back(),
                kGap + static_cast<std::int64_t>(columns) * (width + kGap));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      draw_cell(canvas, rows[r][c],
                kGap + static_cast<std::int64_t>(c) * (width + kGap), tops[r],
                letters);
    }
  }
  return canvas;
}

}  // namespace lathe::apps
