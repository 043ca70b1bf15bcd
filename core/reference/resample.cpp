#include "core/reference/resample.h"

#include <cmath>
#include <cstddef>

namespace lathe::reference {

namespace {

std::int32_t fixed_index(std::int32_t index, std::int32_t count,
                         FillMode mode) {
  switch (mode) {
    case FillMode::constant:
    case FillMode::nearest:
      break;
    case FillMode::reflect:
      return lathe::fixed_index<FillMode::reflect>(index, count);
    case FillMode::mirror:
      return lathe::fixed_index<FillMode::mirror>(index, count);
    case FillMode::wrap:
      return lathe::fixed_index<FillMode::wrap>(index, count);
  }
  return clamp_index(index, count);
}

/// One channel of one image.
template <class T>
struct Plane {
  const T* pixels;
  std::int32_t height;
  std::int32_t width;
  std::int32_t channels;
  const Resample& how;

  double at(std::int32_t x, std::int32_t y) const {
    if (how.fill_mode == FillMode::constant &&
        !(in_range(x, width) && in_range(y, height))) {
      return how.fill_value;
    }
    const std::ptrdiff_t column = fixed_index(x, width, how.fill_mode);
    const std::ptrdiff_t row = fixed_index(y, height, how.fill_mode);
    return static_cast<double>(pixels[(row * width + column) * channels]);
  }

  double at(const Position& position) const {
    if (how.interpolation == Interpolation::nearest) {
      return at(nearest_index(position.x), nearest_index(position.y));
    }
    const auto x = static_cast<std::int32_t>(std::floor(position.x));
    const auto y = static_cast<std::int32_t>(std::floor(position.y));
    const double u = position.x - std::floor(position.x);
    const double v = position.y - std::floor(position.y);
    return (1 - v) * ((1 - u) * at(x, y) + u * at(x + 1, y)) +
           v * ((1 - u) * at(x, y + 1) + u * at(x + 1, y + 1));
  }
};

void store(double value, float& pixel) {
  pixel = static_cast<float>(value);
}
void store(double value, std::uint8_t& pixel) {
  pixel = to_byte(static_cast<float>(value));
}

template <class From, class To>
void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  const std::int64_t channels = to[3];
  To* pixel = output.data<To>();
  for (std::int64_t n = 0; n < to[0]; ++n) {
    const float* row = rows.data<float>() + n * kRowLength;
    const From* image = input.data<From>() + n * from[1] * from[2] * channels;
    for (std::int64_t y = 0; y < to[1]; ++y) {
      for (std::int64_t x = 0; x < to[2]; ++x) {
        const Position position =
            position_of(row, static_cast<float>(x), static_cast<float>(y));
        for (std::int64_t c = 0; c < channels; ++c) {
          const Plane<From> plane{image + c, static_cast<std::int32_t>(from[1]),
                                  static_cast<std::int32_t>(from[2]),
                                  static_cast<std::int32_t>(channels), how};
          store(plane.at(position) * how.scale + how.offset, *pixel++);
        }
      }
    }
  }
}

}  // namespace

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output) {
  const bool from_bytes = input.dtype() == DType::uint8;
  if (output.dtype() == DType::uint8) {
    return from_bytes
               ? resample<std::uint8_t, std::uint8_t>(how, input, rows, output)
               : resample<float, std::uint8_t>(how, input, rows, output);
  }
  return from_bytes ? resample<std::uint8_t, float>(how, input, rows, output)
                    : resample<float, float>(how, input, rows, output);
}

}  // namespace lathe::reference
