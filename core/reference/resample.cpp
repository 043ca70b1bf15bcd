#include "core/reference/resample.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace lathe::reference {

namespace {

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
    const std::ptrdiff_t column = fixed_index(how.fill_mode, x, width);
    const std::ptrdiff_t row = fixed_index(how.fill_mode, y, height);
    return static_cast<double>(pixels[(row * width + column) * channels]);
  }

  double at(const Position& position) const {
    if (how.interpolation == Interpolation::nearest) {
      return at(nearest_index(position.x), nearest_index(position.y));
    }
    const auto x = static_cast<std::int32_t>(std::floor(position.x));
    const auto y = static_cast<std::int32_t>(std::floor(position.y));
    if (how.interpolation == Interpolation::bicubic) {
      const std::array<float, 4> across =
          cubic_weights(position.x - std::floor(position.x));
      const std::array<float, 4> down =
          cubic_weights(position.y - std::floor(position.y));
      double sum = 0;
      for (std::int32_t j = 0; j < 4; ++j) {
        for (std::int32_t i = 0; i < 4; ++i) {
          sum += static_cast<double>(down[static_cast<std::size_t>(j)]) *
                 across[static_cast<std::size_t>(i)] * at(x - 1 + i, y - 1 + j);
        }
      }
      return sum;
    }
    const double u = position.x - std::floor(position.x);
    const double v = position.y - std::floor(position.y);
    return (1 - v) * ((1 - u) * at(x, y) + u * at(x + 1, y)) +
           v * ((1 - u) * at(x, y + 1) + u * at(x + 1, y + 1));
  }
};

// A sample as read, its colours still its own.
template <class From>
std::vector<float> read(const Resample& how, const Tensor& input,
                        const float* row, const Warp& warp, std::int64_t sample,
                        const Shape& to) {
  const Shape& from = input.shape();
  const std::int64_t channels = to[3];
  const From* image =
      input.data<From>() + sample * from[1] * from[2] * channels;
  std::vector<float> values;
  for (std::int64_t y = 0; y < to[1]; ++y) {
    for (std::int64_t x = 0; x < to[2]; ++x) {
      const Position position =
          position_of(row, warp, static_cast<float>(x), static_cast<float>(y));
      for (std::int64_t c = 0; c < channels; ++c) {
        const Plane<From> plane{image + c, static_cast<std::int32_t>(from[1]),
                                static_cast<std::int32_t>(from[2]),
                                static_cast<std::int32_t>(channels), how};
        values.push_back(static_cast<float>(plane.at(position)));
      }
    }
  }
  return values;
}

std::vector<float> means_of(const std::vector<float>& values,
                            std::size_t channels) {
  std::vector<double> sums(channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i % channels] += static_cast<double>(values[i]);
  }
  std::vector<float> means;
  means.reserve(channels);
  for (const double sum : sums) {
    means.push_back(static_cast<float>(sum * static_cast<double>(channels) /
                                       static_cast<double>(values.size())));
  }
  return means;
}

void change_colors(std::span<const ColorStep> steps, const ValueRange& range,
                   std::size_t channels, std::vector<float>& values) {
  for (const ColorStep& step : steps) {
    const std::vector<float> means = means_of(values, channels);
    for (std::size_t i = 0; i < values.size(); i += channels) {
      change_color(step, means.data(), range, values.data() + i,
                   static_cast<int>(channels));
    }
  }
}

}  // namespace

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output, const Colors& colors, const Warp* warps) {
  const Shape& to = output.shape();
  const std::int64_t size = to[1] * to[2] * to[3];
  for (std::int64_t n = 0; n < to[0]; ++n) {
    const float* row = rows.data<float>() + n * kRowLength;
    const Warp warp = warps == nullptr ? Warp{} : warps[n];
    std::vector<float> values =
        input.dtype() == DType::uint8
            ? read<std::uint8_t>(how, input, row, warp, n, to)
            : read<float>(how, input, row, warp, n, to);
    change_colors(colors.of(n), colors.range, static_cast<std::size_t>(to[3]),
                  values);
    for (std::int64_t i = 0; i < size; ++i) {
      const float value = multiply_add(values[static_cast<std::size_t>(i)],
                                       how.scale, how.offset);
      if (output.dtype() == DType::uint8) {
        output.data<std::uint8_t>()[n * size + i] = to_byte(value);
      } else {
        output.data<float>()[n * size + i] = value;
      }
    }
  }
}

}  // namespace lathe::reference
