#include "train/report/canvas.h"

#include <algorithm>
#include <cmath>

#include "train/report/font.h"

namespace lathe::train {
namespace {

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along =
      length == 0 ? 0
                  : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length,
                               0.0, 1.0);
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

}  // namespace

Canvas::Canvas(std::int64_t height, std::int64_t width, Colour background)
    : image_({height, width, 3}, DType::uint8) {
  fill({0, 0}, {static_cast<double>(width), static_cast<double>(height)},
       background);
}

void Canvas::blend(std::int64_t x, std::int64_t y, Colour colour,
                   double share) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  std::uint8_t* pixel = image_.data<std::uint8_t>() + (y * width() + x) * 3;
  for (std::size_t c = 0; c < 3; ++c) {
    pixel[c] = static_cast<std::uint8_t>(std::lround(std::lerp(
        static_cast<double>(pixel[c]), static_cast<double>(colour[c]), share)));
  }
}

void Canvas::fill(Point corner, Point size, Colour colour) {
  const auto left = static_cast<std::int64_t>(corner.x);
  const auto top = static_cast<std::int64_t>(corner.y);
  const std::int64_t right =
      std::min(left + static_cast<std::int64_t>(size.x), width());
  const std::int64_t bottom =
      std::min(top + static_cast<std::int64_t>(size.y), height());
  for (std::int64_t y = std::max<std::int64_t>(top, 0); y < bottom; ++y) {
    std::uint8_t* const row = image_.data<std::uint8_t>() + y * width() * 3;
    for (std::int64_t x = std::max<std::int64_t>(left, 0); x < right; ++x) {
      std::copy_n(colour.begin(), 3, row + x * 3);
    }
  }
}

void Canvas::line(Point from, Point to, Colour colour, double thickness) {
  const double reach = thickness / 2 + 1;
  const auto first = [&](double a, double b) {
    return static_cast<std::int64_t>(std::floor(std::min(a, b) - reach));
  };
  const auto last = [&](double a, double b) {
    return static_cast<std::int64_t>(std::ceil(std::max(a, b) + reach));
  };
  for (std::int64_t y = first(from.y, to.y); y <= last(from.y, to.y); ++y) {
    for (std::int64_t x = first(from.x, to.x); x <= last(from.x, to.x); ++x) {
      const Point centre{static_cast<double>(x), static_cast<double>(y)};
      const double outside =
          distance_to_segment(centre, from, to) - thickness / 2;
      const double share = std::clamp(0.5 - outside, 0.0, 1.0);
      if (share > 0) blend(x, y, colour, share);
    }
  }
}

template <class Draw>
void Canvas::glyphs(std::string_view text, const Draw& draw) {
  std::int64_t left = 0;
  for (const char letter : text) {
    const int index = letter >= ' ' && letter <= '~' ? letter - ' ' : '?' - ' ';
    const char* glyph = kGlyphs + index * kGlyphWidth * kGlyphHeight;
    for (std::int64_t y = 0; y < kGlyphHeight; ++y) {
      for (std::int64_t x = 0; x < kGlyphWidth; ++x) {
        const char digit = *glyph++;
        const int coverage = digit <= '9' ? digit - '0' : digit - 'a' + 10;
        if (coverage > 0) draw(left + x, y, coverage / 15.0);
      }
    }
    left += kGlyphWidth;
  }
}

void Canvas::text(Point corner, std::string_view text, Colour colour) {
  const auto left = static_cast<std::int64_t>(std::lround(corner.x));
  const auto top = static_cast<std::int64_t>(std::lround(corner.y));
  glyphs(text, [&](std::int64_t x, std::int64_t y, double share) {
    blend(left + x, top + y, colour, share);
  });
}

void Canvas::text_rising(Point corner, std::string_view text, Colour colour) {
  const auto left = static_cast<std::int64_t>(std::lround(corner.x));
  const auto bottom = static_cast<std::int64_t>(std::lround(corner.y));
  glyphs(text, [&](std::int64_t x, std::int64_t y, double share) {
    blend(left + y, bottom - 1 - x, colour, share);
  });
}

void Canvas::text_ending(Point corner, std::string_view text, Colour colour) {
  const auto letters = static_cast<double>(text.size());
  this->text({corner.x - letters * kGlyphWidth, corner.y}, text, colour);
}

void Canvas::text_centred(Point corner, std::string_view text, Colour colour) {
  const auto letters = static_cast<double>(text.size());
  this->text({corner.x - letters * kGlyphWidth / 2, corner.y}, text, colour);
}

void Canvas::paste(const Tensor& image, std::int64_t x, std::int64_t y) {
  const Shape& shape = image.shape();
  const std::uint8_t* pixel = image.data<std::uint8_t>();
  for (std::int64_t row = 0; row < shape[0]; ++row) {
    for (std::int64_t column = 0; column < shape[1]; ++column) {
      const Colour colour = shape[2] == 1
                                ? Colour{pixel[0], pixel[0], pixel[0]}
                                : Colour{pixel[0], pixel[1], pixel[2]};
      blend(x + column, y + row, colour, 1);
      pixel += shape[2];
    }
  }
}

}  // namespace lathe::train
