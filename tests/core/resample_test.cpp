#include "core/augmentation/resample.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/philox.h"
#include "tests/core/resample_cases.h"

namespace lathe {
namespace {

using Row = std::array<float, kRowLength>;

constexpr Row kIdentity{1, 0, 0, 0, 1, 0, 0, 0};

Row rotation(double turns, std::int64_t height, std::int64_t width,
             double zoom) {
  const double angle = turns * 2 * std::acos(-1.0);
  const double x = 0.5 * static_cast<double>(width - 1);
  const double y = 0.5 * static_cast<double>(height - 1);
  const double c = zoom * std::cos(angle);
  const double s = zoom * std::sin(angle);
  return {static_cast<float>(c),
          static_cast<float>(-s),
          static_cast<float>(x - x * c + y * s),
          static_cast<float>(s),
          static_cast<float>(c),
          static_cast<float>(y - x * s - y * c)};
}

Tensor rows_of(const std::vector<Row>& rows) {
  Tensor tensor({static_cast<std::int64_t>(rows.size()), kRowLength});
  float* to = tensor.data<float>();
  for (const Row& row : rows) to = std::copy(row.begin(), row.end(), to);
  return tensor;
}

Tensor noise(const Shape& shape, DType dtype) {
  Philox random({.seed = 5});
  Tensor tensor(shape, dtype);
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    if (dtype == DType::uint8) {
      tensor.data<std::uint8_t>()[i] =
          static_cast<std::uint8_t>(random.below(256));
    } else {
      tensor.data<float>()[i] = random.uniform(0, 255);
    }
  }
  return tensor;
}

double at(const Tensor& tensor, std::int64_t i) {
  return tensor.dtype() == DType::uint8 ? tensor.data<std::uint8_t>()[i]
                                        : tensor.data<float>()[i];
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    largest = std::max(largest, std::abs(at(a, i) - at(b, i)));
  }
  return largest;
}

Tensor shown(Device device, const Resample& how, const Tensor& input,
             const Tensor& rows, DType dtype, Shape size = {}) {
  Tensor output(size.rank() == 0 ? input.shape() : size, dtype);
  resample(device, how, input, rows, output);
  return output;
}

Tensor line(const std::vector<float>& pixels) {
  return Tensor::from<float>(
      {1, 1, static_cast<std::int64_t>(pixels.size()), 1}, pixels);
}

std::vector<float> pixels_of(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

// Positions are the same bits on both devices, so nearest pixels agree exactly.
// Bilinear values of up to 255 are three joined multiplications, each rounded
// to 2^-17 there: 1e-4 is five of those, and bicubic sums of twice the terms
// get two of it. Bytes may then round either way.
TEST(Resample, CpuAgreesWithReference) {
  for (const Shape& shape :
       {Shape{3, 37, 45, 3}, Shape{3, 33, 32, 1}, Shape{3, 5, 64, 4},
        Shape{3, 21, 19, 2}, Shape{3, 9, 40, 5}, Shape{3, 1, 7, 3},
        Shape{3, 13, 1, 1}, Shape{3, 1, 1, 1}, Shape{3, 2, 2, 3}}) {
    const Tensor rows =
        rows_of({rotation(0.07, shape[1], shape[2], 1.3),
                 rotation(-0.3, shape[1], shape[2], 0.6),
                 {0.9F, 0.1F, -2, -0.2F, 1.1F, 3, 0.002F, -0.003F}});
    for (const auto& [from, to, how, text] : testing::resample_cases(0.5F)) {
      SCOPED_TRACE(concat(shape, " ", text));
      const Tensor input = noise(shape, from);
      const Tensor expected = shown(Device::reference, how, input, rows, to);
      const Tensor computed = shown(Device::cpu, how, input, rows, to);
      EXPECT_LE(largest_difference(expected, computed),
                to == DType::uint8                            ? 1
                : how.interpolation == Interpolation::bicubic ? 2e-4
                                                              : 1e-4);
    }
  }
}

// Both interpolations and the loop for whole pixels read single pixels here,
// so nothing is rounded.
TEST(Resample, FlipsAreExact) {
  for (const std::int64_t channels : {1, 2, 3, 4, 6}) {
    const std::int64_t height = 21;
    const std::int64_t width = 75;
    const Tensor input = noise({4, height, width, channels}, DType::uint8);
    const auto right = static_cast<float>(width - 1);
    const auto bottom = static_cast<float>(height - 1);
    const Tensor rows = rows_of({kIdentity,
                                 {-1, 0, right, 0, 1, 0, 0, 0},
                                 {1, 0, 0, 0, -1, bottom, 0, 0},
                                 {-1, 0, right, 0, -1, bottom, 0, 0}});
    for (const Interpolation interpolation :
         {Interpolation::nearest, Interpolation::bilinear,
          Interpolation::bicubic}) {
      const Resample how{.interpolation = interpolation};
      const Tensor bytes = shown(Device::cpu, how, input, rows, DType::uint8);
      const Tensor floats =
          shown(Device::cpu, how, input, rows, DType::float32);
      for (std::int64_t n = 0; n < 4; ++n) {
        for (std::int64_t y = 0; y < height; ++y) {
          for (std::int64_t x = 0; x < width; ++x) {
            for (std::int64_t c = 0; c < channels; ++c) {
              const std::int64_t from_y = n / 2 == 1 ? height - 1 - y : y;
              const std::int64_t from_x = n % 2 == 1 ? width - 1 - x : x;
              const double pixel =
                  at(input,
                     ((n * height + from_y) * width + from_x) * channels + c);
              const std::int64_t i =
                  ((n * height + y) * width + x) * channels + c;
              ASSERT_EQ(at(bytes, i), pixel);
              ASSERT_EQ(at(floats, i), pixel);
            }
          }
        }
      }
    }
  }
}

// The loop for whole pixels and the general one must not differ by a bit: a
// perspective of nothing keeps a flip from the first.
TEST(Resample, FlipsAreTheSameBitsInBothLoops) {
  const Tensor input = noise({1, 20, 70, 3}, DType::uint8);
  const Row flip{-1, 0, 69, 0, 1, 0, 0, 0};
  Row general = flip;
  general[7] = 1e-30F;
  const Resample how{.scale = 1.0F / 255, .offset = -0.4F};
  EXPECT_EQ(
      largest_difference(
          shown(Device::cpu, how, input, rows_of({flip}), DType::float32),
          shown(Device::cpu, how, input, rows_of({general}), DType::float32)),
      0);
}

// What Keras' sampler was seen to give.
TEST(Resample, HalfAPixelOverTheEdgeBlendsWithTheFill) {
  const Tensor input = line({10, 10, 10});
  const Tensor rows = rows_of({{1, 0, -0.5F, 0, 1, 0, 0, 0}});
  const Resample how{.fill_mode = FillMode::constant, .fill_value = 0};
  for (const Device device : {Device::reference, Device::cpu}) {
    EXPECT_EQ(pixels_of(shown(device, how, input, rows, DType::float32)),
              (std::vector<float>{5, 10, 10}));
  }
}

// Keys' kernel is exact for polynomials of the second degree.
TEST(Resample, BicubicReproducesParabolas) {
  std::vector<float> pixels;
  const auto parabola = [](float x) { return 3 + 2 * x - 0.5F * x * x; };
  for (int x = 0; x < 12; ++x)
    pixels.push_back(parabola(static_cast<float>(x)));
  const Tensor rows = rows_of({{0.7F, 0, 1.15F, 0, 1, 0, 0, 0}});
  const Resample how{.interpolation = Interpolation::bicubic,
                     .fill_mode = FillMode::nearest};
  for (const Device device : {Device::reference, Device::cpu}) {
    const std::vector<float> seen = pixels_of(
        shown(device, how, line(pixels), rows, DType::float32, {1, 1, 11, 1}));
    for (std::size_t i = 0; i < seen.size(); ++i) {
      EXPECT_NEAR(seen[i], parabola(0.7F * static_cast<float>(i) + 1.15F),
                  1e-4);
    }
  }
}

TEST(Resample, FillModesAreThoseOfTheirPictures) {
  const Tensor input = line({1, 2, 3, 4});
  // Twelve output pixels, the first four of them left of the image.
  const Tensor rows = rows_of({{1, 0, -4, 0, 1, 0, 0, 0}});
  const auto seen = [&](FillMode mode) {
    const Resample how{.fill_mode = mode, .fill_value = 9};
    return pixels_of(
        shown(Device::cpu, how, input, rows, DType::float32, {1, 1, 12, 1}));
  };
  using Pixels = std::vector<float>;
  EXPECT_EQ(seen(FillMode::constant),
            (Pixels{9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9}));
  EXPECT_EQ(seen(FillMode::nearest),
            (Pixels{1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4}));
  EXPECT_EQ(seen(FillMode::reflect),
            (Pixels{4, 3, 2, 1, 1, 2, 3, 4, 4, 3, 2, 1}));
  EXPECT_EQ(seen(FillMode::mirror),
            (Pixels{3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1, 2}));
  EXPECT_EQ(seen(FillMode::wrap), (Pixels{1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4}));
}

template <FillMode mode>
void expect_same_pixels() {
  for (std::int32_t count = 1; count < 9; ++count) {
    for (std::int32_t i = 1 - count; i <= 2 * count - 2; ++i) {
      EXPECT_EQ(close_index<mode>(i, count), fixed_index<mode>(i, count))
          << name_of(mode) << ' ' << i << " of " << count;
    }
  }
}

TEST(Resample, CloseToTheBorderNeedsNoDivision) {
  expect_same_pixels<FillMode::constant>();
  expect_same_pixels<FillMode::nearest>();
  expect_same_pixels<FillMode::reflect>();
  expect_same_pixels<FillMode::mirror>();
  expect_same_pixels<FillMode::wrap>();
}

TEST(Resample, BytesAreRoundedAndClipped) {
  const Tensor input = Tensor::from<std::uint8_t>({1, 1, 3, 1}, {10, 11, 255});
  const Tensor rows = rows_of({{1, 0, 0.5F, 0, 1, 0, 0, 0}});
  const Resample how{.fill_mode = FillMode::nearest, .scale = 2};
  const Tensor output = shown(Device::cpu, how, input, rows, DType::uint8);
  EXPECT_EQ(output.values<std::uint8_t>()[0], 21);
  EXPECT_EQ(output.values<std::uint8_t>()[1], 255);
  EXPECT_EQ(output.values<std::uint8_t>()[2], 255);
}

TEST(Resample, PositionsThatAreNoNumbersReadThePicture) {
  const Tensor input = noise({1, 8, 8, 3}, DType::uint8);
  // A horizon (division by 0) within the picture, and an infinite shift.
  const float infinite = INFINITY;
  for (const Row& row : {Row{1, 0, 0, 0, 1, 0, -0.25F, 0},
                         Row{1, 0, infinite, 0, 1, -infinite, 0, 0}}) {
    for (const FillMode fill_mode : testing::kFillModes) {
      const Resample how{.fill_mode = fill_mode};
      for (const float pixel : pixels_of(shown(
               Device::cpu, how, input, rows_of({row}), DType::float32))) {
        EXPECT_GE(pixel, 0.0F);
        EXPECT_LE(pixel, 255.0F);
      }
    }
  }
}

TEST(Resample, AnyNumberOfThreadsGivesTheSameBits) {
  const Tensor input = noise({3, 50, 61, 3}, DType::uint8);
  const Tensor rows =
      rows_of({rotation(0.1, 50, 61, 1.1), rotation(0.2, 50, 61, 0.8),
               rotation(-0.4, 50, 61, 1.6)});
  const int threads = thread_count();
  set_thread_count(1);
  const Tensor one = shown(Device::cpu, {}, input, rows, DType::float32);
  set_thread_count(5);
  const Tensor five = shown(Device::cpu, {}, input, rows, DType::float32);
  set_thread_count(threads);
  EXPECT_EQ(largest_difference(one, five), 0);
  const Tensor alone =
      shown(Device::cpu, {}, input.rows(1, 1), rows.rows(1, 1), DType::float32);
  EXPECT_EQ(largest_difference(one.rows(1, 1), alone), 0);
}

TEST(Resample, RefusesWhatItCannotDo) {
  const Tensor input({2, 4, 4, 3}, DType::uint8);
  const Tensor rows({2, kRowLength});
  const Tensor output({2, 4, 4, 3});
  const auto refuses = [](const Tensor& from, const Tensor& by,
                          const Tensor& to) {
    EXPECT_THROW(resample(Device::cpu, {}, from, by, to), Error);
  };
  refuses(input, Tensor({1, kRowLength}), output);
  refuses(input, rows, Tensor({2, 4, 4, 1}));
  refuses(input, rows, Tensor({3, 4, 4, 3}));
  refuses(input, rows, Tensor({2, 4, 4, 3}, DType::int32));
  refuses(input, rows, input);
  refuses(Tensor({2, 0, 4, 3}), rows, output);
  EXPECT_THROW(resample(Device::cuda, {}, input, rows, output), Error);
}

}  // namespace
}  // namespace lathe
