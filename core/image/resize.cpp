#include "core/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"

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

// Where an output pixel lies between two input pixels, in 256ths.
struct Tap {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::uint32_t weight = 0;
};

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

// The mean of each block of rows x columns pixels; what is left over at the
// right and at the bottom joins the last block.
Tensor average_blocks(const Tensor& image, std::int64_t rows,
                      std::int64_t columns) {
  const Shape& from = image.shape();
  const std::int64_t channels = from[2];
  Tensor result({from[0] / rows, from[1] / columns, channels}, DType::uint8);
  const std::int64_t width = result.shape()[1];
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(width * channels));
  for (std::int64_t y = 0; y < result.shape()[0]; ++y) {
    std::fill(sums.begin(), sums.end(), 0U);
    const std::int64_t last =
        y + 1 == result.shape()[0] ? from[0] : (y + 1) * rows;
    for (std::int64_t row = y * rows; row < last; ++row) {
      const auto* line = image.data<std::uint8_t>() + row * from[1] * channels;
      for (std::int64_t column = 0; column < from[1]; ++column) {
        const std::int64_t x = std::min(column / columns, width - 1);
        for (std::int64_t c = 0; c < channels; ++c) {
          sums[static_cast<std::size_t>(x * channels + c)] += *line++;
        }
      }
    }
    auto* to = result.data<std::uint8_t>() + y * width * channels;
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t block =
          x + 1 == width ? from[1] - x * columns : columns;
      const auto count = static_cast<std::uint32_t>((last - y * rows) * block);
      for (std::int64_t c = 0; c < channels; ++c) {
        *to++ = static_cast<std::uint8_t>(
            (sums[static_cast<std::size_t>(x * channels + c)] + count / 2) /
            count);
      }
    }
  }
  return result;
}

}  // namespace

void resize_bilinear(const Tensor& image, const Tensor& result) {
  require("resize_bilinear", image, result);
  if (image.shape() == result.shape()) return result.copy_from(image);
  const std::int64_t rows = image.shape()[0] / result.shape()[0];
  const std::int64_t columns = image.shape()[1] / result.shape()[1];
  const Tensor source =
      rows >= 2 || columns >= 2
          ? average_blocks(image, std::max<std::int64_t>(rows, 1),
                           std::max<std::int64_t>(columns, 1))
          : image;
  const std::int64_t channels = source.shape()[2];
  const std::int64_t stride = source.shape()[1] * channels;
  const std::vector<Tap> vertical = taps(source.shape()[0], result.shape()[0]);
  std::vector<Tap> horizontal = taps(source.shape()[1], result.shape()[1]);
  for (Tap& tap : horizontal) {
    tap.low *= channels;
    tap.high *= channels;
  }
  std::vector<std::uint16_t> line(static_cast<std::size_t>(stride));
  const auto* from = source.data<std::uint8_t>();
  auto* to = result.data<std::uint8_t>();
  for (const Tap& tap : vertical) {
    // Rows first: this loop is one the compiler turns into vectors.
    const std::uint8_t* above = from + tap.low * stride;
    const std::uint8_t* below = from + tap.high * stride;
    const auto weight = static_cast<std::uint16_t>(tap.weight);
    const auto rest = static_cast<std::uint16_t>(256 - tap.weight);
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = static_cast<std::uint16_t>(above[i] * rest + below[i] * weight);
    }
    for (const Tap& column : horizontal) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::uint32_t left =
            line[static_cast<std::size_t>(column.low + c)];
        const std::uint32_t right =
            line[static_cast<std::size_t>(column.high + c)];
        *to++ = static_cast<std::uint8_t>(
            (left * (256 - column.weight) + right * column.weight + 32768) >>
            16);
      }
    }
  }
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
    for (const std::int64_t column : columns) {
      to = std::copy_n(line + column * channels, channels, to);
    }
  }
}

}  // namespace lathe::image
