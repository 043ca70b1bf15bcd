#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/augmentation/filter.h"

namespace lathe {

inline constexpr int kBins = 256;
using Histogram = std::array<std::int32_t, kBins>;
/// What becomes of each byte, from 0 to 255.
using ByteTable = std::array<float, kBins>;

/// What a GPU keeps of a channel, or of a tile of it: for autocontrast the
/// darkest value and 1 by how far the lightest is above it, else what becomes
/// of each byte.
struct ChannelTable {
  float low;
  float scale;
  /// Whether anything changes.
  std::int32_t acts;
  std::uint8_t bytes[kBins];
};

/// The byte of a value; those between bytes are cut down, as Keras does.
/// `scale` is 255 / (high - low). A thousandth of a byte makes up for what
/// scaling rounded away.
LATHE_PIXEL_FUNCTION std::int32_t bin_of(float x, float low, float scale) {
  const float byte = multiply_add(x - low, scale, 1e-3F);
  const float positive = byte > 0.0F ? byte : 0.0F;
  return static_cast<std::int32_t>(positive < 255.0F ? positive : 255.0F);
}

/// A byte in the image's units.
LATHE_PIXEL_FUNCTION float of_byte(float byte, const ValueRange& range) {
  return clip(multiply_add(byte, (range.high - range.low) / 255.0F, range.low),
              range);
}

/// keras.layers.Equalization of 256 bins: the part of the values up to a byte,
/// less those of the least byte that occurs, as a byte. Of `total` values
/// `up_to` are up to it and `first` of the least, which are not all.
LATHE_PIXEL_FUNCTION float equalized(std::int64_t up_to, std::int64_t first,
                                     std::int64_t total) {
  const std::int64_t above = up_to > first ? up_to - first : 0;
  return static_cast<float>(std::nearbyint(static_cast<double>(above * 255) /
                                           static_cast<double>(total - first)));
}

/// The same for all bytes. False where all values are of one byte and stay as
/// they are.
inline bool equalize(const Histogram& histogram, ByteTable& table) {
  std::int64_t total = 0;
  std::int64_t first = 0;
  for (const std::int32_t count : histogram) {
    if (first == 0) first = count;
    total += count;
  }
  if (first == total) return false;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    sum += histogram[i];
    table[i] = equalized(sum, first, total);
  }
  return true;
}

/// The tiles of contrast-limited adaptive histogram equalization (Zuiderveld,
/// 1994) as OpenCV's createCLAHE has them: an image that the tiles don't divide
/// is extended to the right and below by mirroring.
struct ClaheTiles {
  std::int32_t across;
  std::int32_t down;
  std::int32_t width;
  std::int32_t height;

  LATHE_HOST_DEVICE ClaheTiles(const FilterStep& step,
                               std::int64_t image_height,
                               std::int64_t image_width)
      : across(static_cast<std::int32_t>(step.numbers[1])),
        down(static_cast<std::int32_t>(step.numbers[2])) {
    const auto w = static_cast<std::int32_t>(image_width);
    const auto h = static_cast<std::int32_t>(image_height);
    const bool divided = w % across == 0 && h % down == 0;
    width = (w + (divided ? 0 : across - w % across)) / across;
    height = (h + (divided ? 0 : down - h % down)) / down;
  }

  LATHE_HOST_DEVICE std::int32_t area() const { return width * height; }
  LATHE_HOST_DEVICE std::size_t count() const {
    return static_cast<std::size_t>(across * down);
  }
};

/// What a pixel's place along an axis means: the tiles whose middles are on
/// either side of it, and how far it is from the first to the second.
struct TilePlace {
  std::int32_t first;
  std::int32_t second;
  float part;
};

LATHE_PIXEL_FUNCTION TilePlace tile_place(std::int32_t index,
                                          std::int32_t extent,
                                          std::int32_t tiles) {
  const float place = multiply_add(static_cast<float>(index),
                                   1.0F / static_cast<float>(extent), -0.5F);
  const std::int32_t first = floor_index(place);
  return {first > 0 ? first : 0, first + 1 < tiles ? first + 1 : tiles - 1,
          place - static_cast<float>(first)};
}

/// The nearest whole number, halves to the even one, for numbers below 2^22:
/// what std::nearbyint does, by a call.
LATHE_PIXEL_FUNCTION float nearest_whole(float number) {
  constexpr float kWholeOnly = 12582912.0F;  // 1.5 * 2^23
  return (number + kWholeOnly) - kWholeOnly;
}

/// A tile's bins are cut above `limit` times their mean, at this count; a limit
/// of 0 cuts nothing.
LATHE_PIXEL_FUNCTION std::int32_t most_of_bin(float limit, std::int32_t area) {
  if (!(limit > 0)) return area;
  const auto most =
      static_cast<std::int32_t>(limit * static_cast<float>(area) / kBins);
  return most > 1 ? most : 1;
}

/// What a bin gets of all that was cut.
LATHE_PIXEL_FUNCTION std::int32_t share_of_cut(std::int32_t cut,
                                               std::int32_t bin) {
  const std::int32_t left = cut % kBins;
  if (left == 0) return cut / kBins;
  const std::int32_t step = kBins / left;
  return cut / kBins + (bin % step == 0 && bin / step < left ? 1 : 0);
}

/// What becomes of a byte, of which and of lower ones a tile has so many.
LATHE_PIXEL_FUNCTION float equalized_in_tile(std::int32_t up_to,
                                             std::int32_t area) {
  const float byte = nearest_whole(static_cast<float>(up_to) *
                                   (255.0F / static_cast<float>(area)));
  return byte < 255.0F ? byte : 255.0F;
}

/// A tile's table. The histogram is cut.
inline void equalize_tile(Histogram& histogram, float limit, std::int32_t area,
                          ByteTable& table) {
  const std::int32_t most = most_of_bin(limit, area);
  std::int32_t cut = 0;
  for (std::int32_t& count : histogram) {
    cut += std::max(count - most, 0);
    count = std::min(count, most);
  }
  std::int32_t sum = 0;
  for (std::int32_t bin = 0; bin < kBins; ++bin) {
    const auto i = static_cast<std::size_t>(bin);
    histogram[i] += share_of_cut(cut, bin);
    sum += histogram[i];
    table[i] = equalized_in_tile(sum, area);
  }
}

/// A value between the four tables around it.
LATHE_PIXEL_FUNCTION float between_tables(float p00, float p01, float p10,
                                          float p11, float x, float y) {
  const float top = multiply_add(p01 - p00, x, p00);
  const float bottom = multiply_add(p11 - p10, x, p10);
  return multiply_add(bottom - top, y, top);
}

}  // namespace lathe
