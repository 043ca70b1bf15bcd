#include "core/reference/filter.h"

#include <algorithm>
#include <vector>

#include "core/augmentation/histogram.h"
#include "core/augmentation/noise.h"
#include "core/augmentation/stencil.h"
#include "core/image/recompress.h"

namespace lathe::reference {

namespace {

/// One step on one image, by plain loops over its values.
class Filter {
 public:
  Filter(const FilterStep& step, const ValueRange& range,
         const FilterImage& image)
      : step_(step),
        number_(step.numbers.data()),
        range_(range),
        image_(image),
        height_(static_cast<std::int32_t>(image.height)),
        width_(static_cast<std::int32_t>(image.width)),
        channels_(static_cast<std::int32_t>(image.channels)),
        before_(image.values, image.values + image.size()) {}

  void run() {
    switch (step_.kind) {
      case FilterKind::none:
        return;
      case FilterKind::erase:
      case FilterKind::grid:
        return erase();
      case FilterKind::autocontrast:
        return each_channel([&](std::int32_t c) { stretch(c); });
      case FilterKind::equalize:
        return each_channel([&](std::int32_t c) { equalize(c); });
      case FilterKind::clahe:
        return each_channel([&](std::int32_t c) { clahe(c); });
      case FilterKind::sharpness:
        return correlate({sharpness_stencil(number_[0])},
                         fill_mode_of(number_[1]));
      case FilterKind::gaussian_blur:
        return correlate(
            {gaussian_stencil(static_cast<int>(number_[0]), number_[1], true),
             gaussian_stencil(static_cast<int>(number_[0]), number_[2], false)},
            fill_mode_of(number_[3]));
      case FilterKind::motion_blur:
        return correlate(
            {motion_stencil(static_cast<int>(number_[0]), number_[1])},
            fill_mode_of(number_[2]));
      case FilterKind::gaussian_noise:
        return each_value([&](std::int64_t i) {
          return at(i) + number_[0] * normal(i, number_[1]) * white();
        });
      case FilterKind::salt_and_pepper:
        return each_value([&](std::int64_t i) {
          const float u = unit_of(word(i / channels_));
          if (u < number_[0] * number_[1]) return range_.high;
          return u < number_[0] ? range_.low : at(i);
        });
      case FilterKind::jpeg:
        return jpeg();
    }
  }

 private:
  float white() const { return range_.high - range_.low; }
  float at(std::int64_t i) const {
    return before_[static_cast<std::size_t>(i)];
  }
  std::int64_t index(std::int32_t y, std::int32_t x, std::int32_t c) const {
    return (std::int64_t{y} * width_ + x) * channels_ + c;
  }
  std::int32_t bin(std::int64_t i) const {
    return bin_of(at(i), range_.low, 255.0F / white());
  }
  static float normal(std::int64_t i, float seed) {
    return normal_numbers(
        static_cast<std::uint32_t>(seed),
        static_cast<std::uint32_t>(i / 4))[static_cast<std::size_t>(i % 4)];
  }
  std::uint32_t word(std::int64_t i) const {
    return noise_words(
        static_cast<std::uint32_t>(number_[2]),
        static_cast<std::uint32_t>(i / 4))[static_cast<std::size_t>(i % 4)];
  }

  template <class F>
  void each_value(const F& value_of) {
    for (std::int64_t i = 0; i < image_.size(); ++i) {
      image_.values[i] = clip(value_of(i), range_);
    }
  }
  template <class F>
  void each_channel(const F& run) {
    for (std::int32_t c = 0; c < channels_; ++c) run(c);
  }
  template <class F>
  void each_pixel(const F& run) {
    for (std::int32_t y = 0; y < height_; ++y) {
      for (std::int32_t x = 0; x < width_; ++x) run(y, x);
    }
  }

  void erase() {
    each_pixel([&](std::int32_t y, std::int32_t x) {
      if (!erases(step_, x, y)) return;
      for (std::int32_t c = 0; c < channels_; ++c) {
        const std::int64_t i = index(y, x, c);
        const float unit = number_[5] < 0 ? number_[4] : normal(i, number_[5]);
        image_.values[i] =
            clip(multiply_add(unit, white(), range_.low), range_);
      }
    });
  }

  void stretch(std::int32_t c) {
    float low = at(c);
    float high = at(c);
    for (std::int64_t i = c; i < image_.size(); i += channels_) {
      low = std::min(low, at(i));
      high = std::max(high, at(i));
    }
    if (!(low < high)) return;
    for (std::int64_t i = c; i < image_.size(); i += channels_) {
      image_.values[i] =
          clip(multiply_add(at(i) - low, white() / (high - low), range_.low),
               range_);
    }
  }

  void equalize(std::int32_t c) {
    Histogram histogram{};
    for (std::int64_t i = c; i < image_.size(); i += channels_) {
      ++histogram[static_cast<std::size_t>(bin(i))];
    }
    ByteTable table;
    if (!lathe::equalize(histogram, table)) return;
    for (std::int64_t i = c; i < image_.size(); i += channels_) {
      image_.values[i] =
          of_byte(table[static_cast<std::size_t>(bin(i))], range_);
    }
  }

  void clahe(std::int32_t c) {
    const ClaheTiles tiles(step_, height_, width_);
    std::vector<ByteTable> tables(tiles.count());
    for (std::int32_t t = 0; t < tiles.across * tiles.down; ++t) {
      Histogram histogram{};
      for (std::int32_t i = 0; i < tiles.area(); ++i) {
        const std::int32_t y = fixed_index<FillMode::mirror>(
            t / tiles.across * tiles.height + i / tiles.width, height_);
        const std::int32_t x = fixed_index<FillMode::mirror>(
            t % tiles.across * tiles.width + i % tiles.width, width_);
        ++histogram[static_cast<std::size_t>(bin(index(y, x, c)))];
      }
      equalize_tile(histogram, number_[0], tiles.area(),
                    tables[static_cast<std::size_t>(t)]);
    }
    each_pixel([&](std::int32_t y, std::int32_t x) {
      const TilePlace row = tile_place(y, tiles.height, tiles.down);
      const TilePlace column = tile_place(x, tiles.width, tiles.across);
      const auto byte = static_cast<std::size_t>(bin(index(y, x, c)));
      const auto table = [&](std::int32_t down, std::int32_t across) {
        return tables[static_cast<std::size_t>(down * tiles.across + across)]
                     [byte];
      };
      image_.values[index(y, x, c)] = of_byte(
          between_tables(
              table(row.first, column.first), table(row.first, column.second),
              table(row.second, column.first), table(row.second, column.second),
              column.part, row.part),
          range_);
    });
  }

  // The stencils' product: the sums of the first are the values of the second.
  void correlate(std::initializer_list<Stencil> stencils, FillMode mode) {
    std::vector<double> values(before_.begin(), before_.end());
    for (const Stencil& stencil : stencils) {
      std::vector<double> sums;
      sums.reserve(values.size());
      each_pixel([&](std::int32_t y, std::int32_t x) {
        for (std::int32_t c = 0; c < channels_; ++c) {
          double sum = 0;
          for (int t = 0; t < stencil.count; ++t) {
            const StencilTap& tap = stencil.taps[static_cast<std::size_t>(t)];
            const std::int32_t row = neighbour(y + tap.dy, height_, mode);
            const std::int32_t column = neighbour(x + tap.dx, width_, mode);
            const double value =
                row < 0 || column < 0
                    ? range_.low
                    : values[static_cast<std::size_t>(index(row, column, c))];
            sum += static_cast<double>(tap.weight) * value;
          }
          sums.push_back(sum);
        }
      });
      values = std::move(sums);
    }
    each_value([&](std::int64_t i) {
      return static_cast<float>(values[static_cast<std::size_t>(i)]);
    });
  }

  void jpeg() {
    std::vector<std::uint8_t> bytes;
    for (const float value : before_) {
      bytes.push_back(to_byte((value - range_.low) * (255.0F / white())));
    }
    image::recompress_jpeg(
        bytes, {.height = height_, .width = width_, .channels = channels_},
        static_cast<int>(number_[0]));
    each_value([&](std::int64_t i) {
      return of_byte(bytes[static_cast<std::size_t>(i)], range_);
    });
  }

  const FilterStep& step_;
  const float* number_;
  ValueRange range_;
  FilterImage image_;
  std::int32_t height_;
  std::int32_t width_;
  std::int32_t channels_;
  std::vector<float> before_;
};

}  // namespace

void filter(const Filters& filters, const Tensor& images) {
  const Shape& shape = images.shape();
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    const FilterImage image{
        images.data<float>() + n * shape[1] * shape[2] * shape[3], shape[1],
        shape[2], shape[3]};
    for (std::int64_t i = 0; i < filters.count; ++i) {
      Filter(filters.steps[n * filters.count + i], filters.range, image).run();
    }
  }
}

}  // namespace lathe::reference
