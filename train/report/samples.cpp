#include "train/report/samples.h"

#include <array>
#include <cmath>

#include "core/graph/operations/loss.h"
#include "train/report/font.h"

namespace lathe::train {

Colour class_colour(std::int64_t of_class) {
  constexpr std::array<Colour, 11> kColours{{{255, 0, 160},
                                             {60, 180, 75},
                                             {255, 225, 25},
                                             {0, 130, 200},
                                             {245, 130, 48},
                                             {145, 30, 180},
                                             {70, 240, 240},
                                             {230, 25, 75},
                                             {210, 245, 60},
                                             {250, 190, 212},
                                             {0, 128, 128}}};
  return kColours[static_cast<std::size_t>(of_class - 1) % kColours.size()];
}

void overlay_row(std::span<std::uint8_t> pixels, const MaskRows& mask,
                 double share) {
  const auto width = static_cast<std::int64_t>(pixels.size() / 3);
  std::uint8_t* pixel = pixels.data();
  for (std::int64_t x = 0; x < width; ++x, pixel += 3) {
    const std::uint8_t here = mask.here[x];
    if (here == 0) continue;
    const bool border = (x > 0 && mask.here[x - 1] != here) ||
                        (x + 1 < width && mask.here[x + 1] != here) ||
                        (mask.above != nullptr && mask.above[x] != here) ||
                        (mask.below != nullptr && mask.below[x] != here);
    const bool ignored = here == graph::kIgnoredTarget;
    const Colour colour = ignored ? Colour{0, 0, 0} : class_colour(here);
    for (std::size_t c = 0; c < 3; ++c) {
      pixel[c] = static_cast<std::uint8_t>(std::lround(
          std::lerp(static_cast<double>(pixel[c]),
                    static_cast<double>(colour[c]), border ? 1 : share)));
    }
  }
}

Tensor overlay(const Tensor& image, const Tensor& mask, double share) {
  const Tensor result = image.clone();
  const std::int64_t height = image.shape()[0];
  const std::int64_t width = image.shape()[1];
  const std::uint8_t* here = mask.data<std::uint8_t>();
  for (std::int64_t y = 0; y < height; ++y, here += width) {
    overlay_row(result.rows(y, 1).values<std::uint8_t>(),
                {.above = y > 0 ? here - width : nullptr,
                 .here = here,
                 .below = y + 1 < height ? here + width : nullptr},
                share);
  }
  return result;
}

Canvas draw_samples(const Tensor& images, const Tensor& truth,
                    const Tensor& prediction) {
  constexpr std::int64_t kGap = 8;
  constexpr std::int64_t kHeader = kGlyphHeight + 2 * kGap;
  const std::int64_t count = images.shape()[0];
  const std::int64_t height = images.shape()[1];
  const std::int64_t width = images.shape()[2];
  Canvas canvas(kHeader + count * (height + kGap), 3 * width + 4 * kGap);
  const std::array<const char*, 3> titles{"image", "truth", "prediction"};
  for (std::int64_t column = 0; column < 3; ++column) {
    const std::int64_t middle = kGap + column * (width + kGap) + width / 2;
    canvas.text_centred({static_cast<double>(middle), kGap},
                        titles[static_cast<std::size_t>(column)], {60, 60, 60});
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor image =
        images.rows(i, 1).reshaped({height, width, images.shape()[3]});
    const std::int64_t y = kHeader + i * (height + kGap);
    canvas.paste(image, kGap, y);
    canvas.paste(overlay(image, truth.rows(i, 1)), 2 * kGap + width, y);
    canvas.paste(overlay(image, prediction.rows(i, 1)), 3 * kGap + 2 * width,
                 y);
  }
  return canvas;
}

}  // namespace lathe::train
