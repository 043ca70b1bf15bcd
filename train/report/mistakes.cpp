#include "train/report/mistakes.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/image/resize.h"
#include "train/report/font.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

constexpr std::int64_t kTileGap = 12;
constexpr std::int64_t kLeastTile = 184;
constexpr std::int64_t kMostTile = 224;
constexpr std::int64_t kSheetWidth = 1100;

// The size in which an image is shown.
Shape shown(const Shape& image) {
  const std::int64_t side = std::max(image[0], image[1]);
  if (side <= kMostTile) {
    const std::int64_t times = (kLeastTile + side - 1) / side;
    return {times * image[0], times * image[1], image[2]};
  }
  const auto reduced = [&](std::int64_t extent) {
    return std::max<std::int64_t>(extent * kMostTile / side, 1);
  };
  return {reduced(image[0]), reduced(image[1]), image[2]};
}

}  // namespace

Canvas draw_mistakes(const Tensor& images,
                     const std::vector<std::vector<std::string>>& texts) {
  const auto count = static_cast<std::int64_t>(texts.size());
  const Shape& shape = images.shape();
  if (shape.rank() != 4 || shape[0] != count) {
    fail("draw_mistakes: ", count, " texts for images ", images.spec());
  }
  const Shape stored{shape[1], shape[2], shape[3]};
  const Tensor tile(shown(stored), DType::uint8);
  const std::int64_t tile_width = std::max(tile.shape()[1], kLeastTile);
  const std::int64_t columns = std::clamp<std::int64_t>(
      (kSheetWidth - kTileGap) / (tile_width + kTileGap), 1,
      std::max<std::int64_t>(count, 1));
  std::vector<std::vector<std::string>> lines(texts.size());
  std::size_t most_lines = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const std::string& text : texts[i]) {
      for (std::string& line :
           wrapped(text, static_cast<std::size_t>(tile_width / kGlyphWidth))) {
        lines[i].push_back(std::move(line));
      }
    }
    most_lines = std::max(most_lines, lines[i].size());
  }
  const std::int64_t rows = (count + columns - 1) / columns;
  const std::int64_t row_height =
      tile.shape()[0] + 4 +
      static_cast<std::int64_t>(most_lines) * kGlyphHeight + kTileGap;
  Canvas canvas(rows * row_height + kTileGap,
                columns * (tile_width + kTileGap) + kTileGap);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t x = kTileGap + i % columns * (tile_width + kTileGap);
    const std::int64_t y = kTileGap + i / columns * row_height;
    const Tensor image = images.rows(i, 1).reshaped(stored);
    if (tile.shape()[0] < stored[0]) {
      image::resize_bilinear(image, tile);
    } else {
      image::resize_nearest(image, tile);
    }
    canvas.paste(tile, x, y);
    double top = static_cast<double>(y + tile.shape()[0] + 4);
    for (const std::string& line : lines[static_cast<std::size_t>(i)]) {
      canvas.text({static_cast<double>(x), top}, line, {60, 60, 60});
      top += kGlyphHeight;
    }
  }
  return canvas;
}

}  // namespace lathe::train
