#include "core/cpu/stencil.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "core/cpu/filter_kernels.h"

namespace lathe::cpu {

namespace {

// What sums read: a pointer and a weight a tap.
class Sums {
 public:
  explicit Sums(const Stencil& stencil) : count_(stencil.count) {
    for (std::size_t t = 0; t < size(); ++t) {
      const StencilTap& tap = stencil.taps[t];
      weights_[t] = tap.weight;
      across_ = std::max(across_, std::abs(tap.dx));
      down_ = std::max(down_, std::abs(tap.dy));
    }
  }

  std::size_t size() const { return static_cast<std::size_t>(count_); }
  /// How far its taps are from the middle.
  int across() const { return across_; }
  int down() const { return down_; }

  void read(std::size_t tap, const float* row) { rows_[tap] = row; }
  void write(std::int64_t count, const ValueRange& range, float* to) const {
    add_rows(
        {.rows = rows_.data(), .weights = weights_.data(), .count = count_},
        count, range, to);
  }

 private:
  int count_;
  int across_ = 0;
  int down_ = 0;
  std::array<float, kMostKernelSize> weights_{};
  std::array<const float*, kMostKernelSize> rows_{};
};

// An image whose rows are replaced by sums over rows around them. They are
// replaced one by one, so as many as a stencil is high are kept as they were,
// each wider by what lies beyond the border. Mirrored rows are among them, too.
class Correlation {
 public:
  Correlation(FillMode mode, const ValueRange& range, const FilterImage& image)
      : mode_(mode), range_(range), image_(image) {}

  // `first` is done to each row before it is kept; nothing if it has no taps.
  void run(const Stencil& first, const Stencil& second) {
    Sums before(first);
    Sums sums(second);
    rows_ = 2 * sums.down() + 1;
    length_ = padded(sums.across());
    thread_local std::vector<float> memory;
    const std::int64_t kept = (rows_ + 1) * length_;
    const auto size = static_cast<std::size_t>(kept + padded(before.across()));
    if (memory.size() < size) memory.resize(size);
    values_ = memory.data();
    std::fill_n(at(rows_), length_, range_.low);
    for (std::size_t t = 0; t < before.size(); ++t) {
      before.read(t,
                  values_ + kept +
                      (before.across() + first.taps[t].dx) * image_.channels);
    }
    std::int64_t taken = 0;
    for (std::int64_t y = 0; y < image_.height; ++y) {
      for (; taken < image_.height && taken <= y + sums.down(); ++taken) {
        float* to = at(taken % rows_);
        if (before.size() == 0) {
          pad(taken, sums.across(), to);
        } else {
          pad(taken, before.across(), values_ + kept);
          before.write(image_.row_size(), range_, to);
        }
      }
      for (std::size_t t = 0; t < sums.size(); ++t) {
        const StencilTap& tap = second.taps[t];
        const std::int32_t row =
            neighbour(static_cast<std::int32_t>(y) + tap.dy,
                      static_cast<std::int32_t>(image_.height), mode_);
        sums.read(t, at(row < 0 ? rows_ : row % rows_) +
                         (sums.across() + tap.dx) * image_.channels);
      }
      sums.write(image_.row_size(), range_, image_.row(y));
    }
  }

 private:
  std::int64_t padded(int reach) const {
    return image_.row_size() + 2 * reach * image_.channels;
  }
  float* at(std::int64_t row) const { return values_ + row * length_; }

  // Row y with `reach` pixels more on either side.
  void pad(std::int64_t y, int reach, float* to) const {
    const float* from = image_.row(y);
    const auto width = static_cast<std::int32_t>(image_.width);
    const auto border = [&](std::int32_t x) {
      const std::int32_t column = neighbour(x, width, mode_);
      for (std::int64_t c = 0; c < image_.channels; ++c) {
        *to++ = column < 0 ? range_.low : from[column * image_.channels + c];
      }
    };
    for (std::int32_t x = -reach; x < 0; ++x) border(x);
    to = std::copy_n(from, image_.row_size(), to);
    for (std::int32_t x = width; x < width + reach; ++x) border(x);
  }

  FillMode mode_;
  ValueRange range_;
  FilterImage image_;
  std::int64_t rows_ = 0;
  std::int64_t length_ = 0;
  float* values_ = nullptr;
};

}  // namespace

void correlate(const Stencil& stencil, FillMode mode, const ValueRange& range,
               const FilterImage& image) {
  Correlation(mode, range, image).run({}, stencil);
}

void correlate_separably(const Stencil& row, const Stencil& column,
                         FillMode mode, const ValueRange& range,
                         const FilterImage& image) {
  Correlation(mode, range, image).run(row, column);
}

}  // namespace lathe::cpu
