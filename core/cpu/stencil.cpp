#include "core/cpu/stencil.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "core/cpu/filter_kernels.h"

namespace lathe::cpu {

namespace {

// The rows that a row's sums read, as they were before and wider by what lies
// beyond the border. Rows are overwritten one by one, so as many are kept as
// the stencil is high. Mirrored rows are among them, too.
class RowRing {
 public:
  RowRing(const Stencil& stencil, FillMode mode, const ValueRange& range,
          const FilterImage& image, std::vector<float>& memory)
      : mode_(mode), black_(range.low), image_(image) {
    for (int t = 0; t < stencil.count; ++t) {
      const StencilTap& tap = stencil.taps[static_cast<std::size_t>(t)];
      across_ = std::max(across_, std::abs(tap.dx));
      down_ = std::max(down_, std::abs(tap.dy));
    }
    rows_ = 2 * down_ + 1;
    length_ = image.row_size() + 2 * across_ * image.channels;
    const auto size = static_cast<std::size_t>((rows_ + 1) * length_);
    if (memory.size() < size) memory.resize(size);
    values_ = memory.data();
    std::fill_n(at(rows_), length_, black_);
  }

  int down() const { return down_; }

  // Keeps row y of the image.
  void take(std::int64_t y) const {
    const float* from = image_.row(y);
    float* to = at(y % rows_);
    const std::int64_t channels = image_.channels;
    const auto width = static_cast<std::int32_t>(image_.width);
    const auto border = [&](std::int32_t x) {
      const std::int32_t column = neighbour(x, width, mode_);
      for (std::int64_t c = 0; c < channels; ++c) {
        *to++ = column < 0 ? black_ : from[column * channels + c];
      }
    };
    for (std::int32_t x = -across_; x < 0; ++x) border(x);
    to = std::copy_n(from, image_.row_size(), to);
    for (std::int32_t x = width; x < width + across_; ++x) border(x);
  }

  // What a tap reads for the first pixel of row y.
  const float* read(const StencilTap& tap, std::int64_t y) const {
    const std::int32_t row =
        neighbour(static_cast<std::int32_t>(y) + tap.dy,
                  static_cast<std::int32_t>(image_.height), mode_);
    return at(row < 0 ? rows_ : row % rows_) +
           (across_ + tap.dx) * image_.channels;
  }

 private:
  float* at(std::int64_t row) const { return values_ + row * length_; }

  FillMode mode_;
  float black_;
  const FilterImage& image_;
  int across_ = 0;
  int down_ = 0;
  std::int64_t rows_;
  std::int64_t length_;
  float* values_;
};

}  // namespace

void correlate(const Stencil& stencil, FillMode mode, const ValueRange& range,
               const FilterImage& image) {
  thread_local std::vector<float> memory;
  const RowRing ring(stencil, mode, range, image, memory);
  std::array<float, kMostKernelSize> weights{};
  std::array<const float*, kMostKernelSize> rows{};
  for (int t = 0; t < stencil.count; ++t) {
    const auto i = static_cast<std::size_t>(t);
    weights[i] = stencil.taps[i].weight;
  }
  std::int64_t taken = 0;
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (; taken < image.height && taken <= y + ring.down(); ++taken) {
      ring.take(taken);
    }
    for (int t = 0; t < stencil.count; ++t) {
      const auto i = static_cast<std::size_t>(t);
      rows[i] = ring.read(stencil.taps[i], y);
    }
    add_rows({.rows = rows.data(),
              .weights = weights.data(),
              .count = stencil.count},
             image.row_size(), range, image.row(y));
  }
}

}  // namespace lathe::cpu
