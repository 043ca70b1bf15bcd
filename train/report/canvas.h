#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/tensor.h"

namespace lathe::train {

using Colour = std::array<std::uint8_t, 3>;
/// Of what is written and drawn, and of the lines behind it.
inline constexpr Colour kInk{60, 60, 60};
inline constexpr Colour kGrid{228, 228, 228};

struct Point {
  double x = 0;
  double y = 0;
};

/// A picture to draw on, in pixels from the top left. What lies outside is left
/// out.
class Canvas {
 public:
  Canvas(std::int64_t height, std::int64_t width,
         Colour background = {255, 255, 255});

  std::int64_t height() const { return image_.shape()[0]; }
  std::int64_t width() const { return image_.shape()[1]; }
  /// uint8 (H, W, 3).
  const Tensor& image() const { return image_; }

  /// Mixes a colour into a pixel; 0 leaves it as it is.
  void blend(std::int64_t x, std::int64_t y, Colour colour, double share);
  void fill(Point corner, Point size, Colour colour);
  /// A smooth line of that thickness with round ends.
  void line(Point from, Point to, Colour colour, double thickness = 1);
  /// ASCII text, its top left at `corner`, kGlyphWidth a letter.
  void text(Point corner, std::string_view text, Colour colour);
  /// The same ending at, or centred on, corner.x.
  void text_ending(Point corner, std::string_view text, Colour colour);
  void text_centred(Point corner, std::string_view text, Colour colour);
  /// Turned to read upwards: `corner` is its bottom left on the picture, and it
  /// is kGlyphHeight wide.
  void text_rising(Point corner, std::string_view text, Colour colour);
  /// Copies uint8 (H, W, 3) or (H, W, 1) there.
  void paste(const Tensor& image, std::int64_t x, std::int64_t y);

 private:
  // Calls draw(x, y, share) for the pixels of a line of text.
  template <class Draw>
  static void glyphs(std::string_view text, const Draw& draw);

  Tensor image_;
};

}  // namespace lathe::train
