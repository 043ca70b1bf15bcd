#include "core/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/image/blend.h"

namespace lathe::image {
namespace {

void require(std::string_view operation, const Tensor& image,
             const Tensor& result) {
  const Shape& from = image.shape();
  const Shape& to = result.shape();
  if (from.rank() != 3 || to.rank() != 3 || from[2] != to[2] ||
      image.dtype() != DType::uint8 || result.dtype() != DType::uint8 ||
      image.elements() < 1 || result.elements() < 1) {
    fail(operation, ": from ", image.spec(), " to ", result.spec(),
         "; both must be uint8 (H, W, C) of one C");
  }
}

std::vector<Tap> taps(std::int64_t from, std::int64_t to) {
  std::vector<Tap> result(static_cast<std::size_t>(to));
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre =
        std::clamp((static_cast<double>(i) + 0.5) * scale - 0.5, 0.0,
                   static_cast<double>(from - 1));
    Tap& tap = result[static_cast<std::size_t>(i)];
    tap.low = static_cast<std::int64_t>(centre);
    tap.high = std::min(tap.low + 1, from - 1);
    tap.weight = static_cast<std::uint32_t>(
        std::lround((centre - static_cast<double>(tap.low)) * 256));
  }
  return result;
}

// The mean of each block of rows x columns pixels. What is left over at the
// right and at the bottom, less than a block, is left out evenly on both sides.
Tensor average_blocks(const Tensor& image, std::int64_t rows,
                      std::int64_t columns) {
  const Shape& from = image.shape();
  const std::int64_t channels = from[2];
  Tensor result({from[0] / rows, from[1] / columns, channels}, DType::uint8);
  const std::int64_t width = result.shape()[1];
  const std::int64_t top = from[0] % rows / 2;
  const std::int64_t left = from[1] % columns / 2;
  const auto count = static_cast<std::uint32_t>(rows * columns);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(width * channels));
  auto* to = result.data<std::uint8_t>();
  for (std::int64_t y = 0; y < result.shape()[0]; ++y) {
    std::fill(sums.begin(), sums.end(), 0U);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto* pixel = image.data<std::uint8_t>() +
                          ((top + y * rows + row) * from[1] + left) * channels;
      std::uint32_t* sum = sums.data();
      for (std::int64_t x = 0; x < width; ++x, sum += channels) {
        for (std::int64_t i = 0; i < columns; ++i) {
          for (std::int64_t c = 0; c < channels; ++c) sum[c] += *pixel++;
        }
      }
    }
    for (const std::uint32_t sum : sums) {
      *to++ = static_cast<std::uint8_t>((sum + count / 2) / count);
    }
  }
  return result;
}

void resize(const Tensor& source, const Tensor& result) {
  const std::int64_t channels = source.shape()[2];
  const std::int64_t stride = source.shape()[1] * channels;
  const std::vector<Tap> vertical = taps(source.shape()[0], result.shape()[0]);
  const std::vector<Tap> horizontal =
      taps(source.shape()[1], result.shape()[1]);
  std::vector<std::uint16_t> line(
      static_cast<std::size_t>(stride + kBehindLine));
  const auto* from = source.data<std::uint8_t>();
  auto* to = result.data<std::uint8_t>();
  for (const Tap& tap : vertical) {
    blend_rows(from + tap.low * stride, from + tap.high * stride, tap.weight,
               std::span(line).first(static_cast<std::size_t>(stride)));
    blend_columns(horizontal, line.data(), channels, to);
    to += result.shape()[1] * channels;
  }
}

}  // namespace

void resize_bilinear(const Tensor& image, const Tensor& result) {
  require("resize_bilinear", image, result);
  const std::int64_t channels = image.shape()[2];
  if (channels != 1 && channels != 3 && channels != 4) {
    fail("resize_bilinear: ", channels, " channels; 1, 3 and 4 are supported");
  }
  if (image.shape() == result.shape()) return result.copy_from(image);
  const std::int64_t rows = image.shape()[0] / result.shape()[0];
  const std::int64_t columns = image.shape()[1] / result.shape()[1];
  const Tensor source =
      rows >= 3 || columns >= 3
          ? average_blocks(image, std::max<std::int64_t>(rows, 1),
                           std::max<std::int64_t>(columns, 1))
          : image;
  resize(source, result);
}

void resize_nearest(const Tensor& image, const Tensor& result) {
  require("resize_nearest", image, result);
  if (image.shape() == result.shape()) return result.copy_from(image);
  const auto places = [](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> list(static_cast<std::size_t>(to));
    for (std::int64_t i = 0; i < to; ++i) {
      // floor((i + 1/2) from / to) in whole numbers.
      list[static_cast<std::size_t>(i)] = (2 * i + 1) * from / (2 * to);
    }
    return list;
  };
  const std::int64_t channels = image.shape()[2];
  const auto rows = places(image.shape()[0], result.shape()[0]);
  const auto columns = places(image.shape()[1], result.shape()[1]);
  auto* to = result.data<std::uint8_t>();
  for (const std::int64_t row : rows) {
    const auto* line =
        image.data<std::uint8_t>() + row * image.shape()[1] * channels;
    if (channels == 1) {
      for (const std::int64_t column : columns) *to++ = line[column];
      continue;
    }
    for (const std::int64_t column : columns) {
      to = std::copy_n(line + column * channels, channels, to);
    }
  }
}

}  // namespace lathe::image
