#include "core/image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/philox.h"

namespace lathe::image {
namespace {

Tensor noise(const Shape& shape, std::uint64_t seed) {
  Tensor image(shape, DType::uint8);
  Philox random({.seed = seed});
  for (std::uint8_t& value : image.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(256));
  }
  return image;
}

double at(const Tensor& image, std::int64_t y, std::int64_t x,
          std::int64_t channel) {
  const Shape& shape = image.shape();
  return image.values<std::uint8_t>()[static_cast<std::size_t>(
      (y * shape[1] + x) * shape[2] + channel)];
}

struct Place {
  std::int64_t low;
  std::int64_t high;
  double weight;
};

// As tf.image.resize(antialias=False): pixel centres at halves.
Place place(std::int64_t i, std::int64_t from, std::int64_t to) {
  const double centre = (static_cast<double>(i) + 0.5) *
                            static_cast<double>(from) /
                            static_cast<double>(to) -
                        0.5;
  const auto low = static_cast<std::int64_t>(std::floor(centre));
  return {std::clamp<std::int64_t>(low, 0, from - 1),
          std::clamp<std::int64_t>(low + 1, 0, from - 1),
          centre - static_cast<double>(low)};
}

double bilinear(const Tensor& image, const Shape& to, std::int64_t y,
                std::int64_t x, std::int64_t c) {
  const Place row = place(y, image.shape()[0], to[0]);
  const Place column = place(x, image.shape()[1], to[1]);
  const double above =
      std::lerp(at(image, row.low, column.low, c),
                at(image, row.low, column.high, c), column.weight);
  const double below =
      std::lerp(at(image, row.high, column.low, c),
                at(image, row.high, column.high, c), column.weight);
  return std::lerp(above, below, row.weight);
}

struct Sizes {
  std::int64_t from_height;
  std::int64_t from_width;
  std::int64_t to_height;
  std::int64_t to_width;
};

constexpr Sizes kSizes[] = {
    {360, 480, 224, 224}, {7, 5, 13, 17},     {1, 1, 4, 3},    {33, 65, 16, 32},
    {9, 4, 9, 7},         {100, 37, 51, 128}, {2, 300, 1, 299}};

TEST(ResizeBilinear, AgreesWithTheFormula) {
  for (const Sizes& size : kSizes) {
    for (const std::int64_t channels : {1, 3, 4}) {
      SCOPED_TRACE(concat(size.from_height, " x ", size.from_width, " to ",
                          size.to_height, " x ", size.to_width, ", ", channels,
                          " channels"));
      const Tensor image =
          noise({size.from_height, size.from_width, channels}, 7);
      const Tensor result({size.to_height, size.to_width, channels},
                          DType::uint8);
      resize_bilinear(image, result);
      double largest = 0;
      for (std::int64_t y = 0; y < size.to_height; ++y) {
        for (std::int64_t x = 0; x < size.to_width; ++x) {
          for (std::int64_t c = 0; c < channels; ++c) {
            largest = std::max(
                largest, std::abs(at(result, y, x, c) -
                                  bilinear(image, result.shape(), y, x, c)));
          }
        }
      }
      // Weights are rounded to 256ths, half a level at most in each direction
      // between black and white, and the result is rounded.
      EXPECT_LE(largest, 1.5);
    }
  }
}

TEST(ResizeBilinear, AveragesWhereMuchIsLeftOut) {
  // A fine chessboard is grey from afar, not black or white.
  Tensor image({120, 160, 3}, DType::uint8);
  const auto values = image.values<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t pixel = i / 3;
    values[i] = (pixel / 160 + pixel % 160) % 2 == 0 ? 0 : 254;
  }
  const Tensor result({30, 40, 3}, DType::uint8);
  resize_bilinear(image, result);
  for (const std::uint8_t value : result.values<std::uint8_t>()) {
    ASSERT_EQ(value, 127);
  }
  // A constant stays what it is in any size.
  std::fill(values.begin(), values.end(), std::uint8_t{201});
  for (const Shape& shape :
       {Shape{17, 23, 3}, Shape{1, 1, 3}, Shape{300, 11, 3}}) {
    const Tensor small(shape, DType::uint8);
    resize_bilinear(image, small);
    for (const std::uint8_t value : small.values<std::uint8_t>()) {
      ASSERT_EQ(value, 201);
    }
  }
}

TEST(ResizeNearest, TakesThePixelAtTheCentre) {
  for (const Sizes& size : kSizes) {
    for (const std::int64_t channels : {1, 3}) {
      const Tensor image =
          noise({size.from_height, size.from_width, channels}, 8);
      const Tensor result({size.to_height, size.to_width, channels},
                          DType::uint8);
      resize_nearest(image, result);
      for (std::int64_t y = 0; y < size.to_height; ++y) {
        for (std::int64_t x = 0; x < size.to_width; ++x) {
          const std::int64_t row =
              (2 * y + 1) * size.from_height / (2 * size.to_height);
          const std::int64_t column =
              (2 * x + 1) * size.from_width / (2 * size.to_width);
          for (std::int64_t c = 0; c < channels; ++c) {
            ASSERT_EQ(at(result, y, x, c), at(image, row, column, c))
                << "at " << y << ", " << x << " of " << result.shape();
          }
        }
      }
    }
  }
}

TEST(Resize, RefusesOtherTypesAndChannels) {
  const Tensor image({4, 4, 3}, DType::uint8);
  EXPECT_THROW(resize_bilinear(image, Tensor({2, 2, 3})), Error);
  EXPECT_THROW(resize_bilinear(image, Tensor({2, 2, 1}, DType::uint8)), Error);
  EXPECT_THROW(resize_nearest(image, Tensor({4, 2}, DType::uint8)), Error);
}

}  // namespace
}  // namespace lathe::image
