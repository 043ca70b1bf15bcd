// Rows of the gradients of depthwise convolutions, vectors along the channels.
// Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_DEPTHWISE_GRADIENT_ROWS_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_DEPTHWISE_GRADIENT_ROWS_H_
#undef LATHE_CORE_CPU_DEPTHWISE_GRADIENT_ROWS_H_
#else
#define LATHE_CORE_CPU_DEPTHWISE_GRADIENT_ROWS_H_
#endif

#include "core/cpu/depthwise_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Some places of one row of dx, which may lie partly outside the image, and
/// what of dy reaches them: `dy` and `columns` are of the first column that
/// does.
template <class T>
struct GradientTile {
  Bounds places;
  Bounds columns;
  const T* dy;
  const float* w;
  const float* bias;
  T* dx;
  std::int64_t line;  // elements of a row of dy
  std::int64_t channels;
};

/// The gradient of the image: a tile of it stays in registers while a row of dy
/// passes once by all taps that meet it.
template <std::int64_t kSize, std::int64_t kStride, class T>
struct DepthwiseInputRows {
  // A multiple of the stride, so that every tile meets the taps alike.
  static constexpr std::int64_t kTile = kStride == 1 ? kDepthwiseTile : 8;
  static constexpr std::int64_t kReach = (kSize - 1) / kStride;
  static constexpr std::int64_t kColumns = (kTile - 1) / kStride + kReach + 1;

  ConvolutionShape shape;

  // The channels from c on of places that row `v` of the padded image holds.
  template <bool kInside, class Lanes>
  HWY_INLINE void spread(Lanes lanes, const GradientTile<T>& tile,
                         std::int64_t v, std::int64_t c) const {
    Vector sums[kTile];
    const Vector start =
        tile.bias == nullptr ? all(0) : lanes.load(tile.bias + c);
    for (Vector& sum : sums) sum = start;
    for (std::int64_t i = v % kStride; i < kSize && i <= v; i += kStride) {
      const std::int64_t row = (v - i) / kStride;
      if (row >= shape.result.height) continue;
      const T* dy = tile.dy + row * tile.line + c;
      const float* w = tile.w + i * kSize * tile.channels + c;
      Vector taps[kSize];
      HWY_UNROLL(8)
      for (std::int64_t j = 0; j < kSize; ++j) {
        taps[j] = lanes.load(w + j * tile.channels);
      }
      HWY_UNROLL(16)
      for (std::int64_t column = 0; column < kColumns; ++column) {
        if (!kInside && !tile.columns.holds(column)) continue;
        const Vector value = lanes.load(dy + column * tile.channels);
        HWY_UNROLL(8)
        for (std::int64_t j = 0; j < kSize; ++j) {
          const std::int64_t place = (column - kReach) * kStride + j;
          if (place >= 0 && place < kTile) {
            sums[place] = hn::MulAdd(value, taps[j], sums[place]);
          }
        }
      }
    }
    HWY_UNROLL(8)
    for (std::int64_t place = 0; place < kTile; ++place) {
      if (kInside || tile.places.holds(place)) {
        lanes.store(sums[place], tile.dx + place * tile.channels + c);
      }
    }
  }

  /// Row `row` of the gradient of an image, from all its dy.
  void compute(const T* dy, const float* w, const float* bias, std::int64_t row,
               T* dx) const {
    const std::int64_t channels = shape.channels;
    const auto& padding = shape.window.padding;
    for (std::int64_t begin = 0; begin < channels;
         begin += kDepthwiseChannels) {
      const std::int64_t end = std::min(begin + kDepthwiseChannels, channels);
      for (std::int64_t u = padding.left / kStride * kStride;
           u < padding.left + shape.image.width; u += kTile) {
        const std::int64_t place = u - padding.left;
        const std::int64_t column = u / kStride - kReach;
        const GradientTile<T> tile{
            .places = Bounds(place, kTile, shape.image.width),
            .columns = Bounds(column, kColumns, shape.result.width),
            .dy = dy + column * channels,
            .w = w,
            .bias = bias,
            .dx = dx + place * channels,
            .line = shape.result.width * channels,
            .channels = channels};
        if (begin == 0 && (row + padding.top) % kStride == 0) {
          const std::int64_t next = (row + padding.top) / kStride + 1;
          prefetch(tile.dy + next * tile.line, kTile / kStride * channels);
        }
        const bool inside =
            tile.places.begin == 0 && tile.places.end == kTile &&
            tile.columns.begin == 0 && tile.columns.end == kColumns;
        for_vectors(begin, end, [&](auto lanes, std::int64_t c) HWY_ATTR {
          if (inside) {
            spread<true>(lanes, tile, row + padding.top, c);
          } else {
            spread<false>(lanes, tile, row + padding.top, c);
          }
        });
      }
    }
  }
};

/// A tile of dy: `live` places of one row, whose windows begin `left` elements
/// after the beginning of their lines.
template <std::int64_t kSize, class T>
struct WeightTile {
  Bounds columns;
  Lines<kSize, T> lines;
  std::int64_t left;
  const T* dy;
  float* dw;
  std::int64_t live;
  std::int64_t channels;
};

/// The gradient of the weights: the sums of a few rows of taps stay in
/// registers while a tile of dy passes by what it was made from.
template <std::int64_t kSize, std::int64_t kStride, class T>
struct DepthwiseWeightRows {
  static constexpr std::int64_t kColumns =
      (kDepthwiseTile - 1) * kStride + kSize;
  // Rows of taps that fit into the registers: 32 with AVX-512, else 16.
  static constexpr std::int64_t kMostRows =
      kLanes == kMostLanes || kSize == 3 ? kSize : 2;

  ConvolutionShape shape;

  // Rows i .. i + kRows - 1 of the taps, the channels from c on. kInside: all
  // columns are in the image.
  template <std::int64_t kRows, bool kInside, class Lanes>
  static HWY_INLINE void add_rows(Lanes lanes, const WeightTile<kSize, T>& tile,
                                  std::int64_t i, std::int64_t c) {
    const std::int64_t channels = tile.channels;
    const T* lines[kRows];
    for (std::int64_t r = 0; r < kRows; ++r) {
      lines[r] = tile.lines[static_cast<std::size_t>(i + r)] + tile.left + c;
    }
    float* dw = tile.dw + i * kSize * channels + c;
    Vector sums[kRows * kSize];
    HWY_UNROLL(32)
    for (std::int64_t k = 0; k < kRows * kSize; ++k) {
      sums[k] = lanes.load(dw + k * channels);
    }
    Vector gradients[kDepthwiseTile];
    HWY_UNROLL(32)
    for (std::int64_t column = 0; column < kColumns; ++column) {
      const std::int64_t next = column / kStride;
      if (column % kStride == 0 && next < kDepthwiseTile) {
        gradients[next] = kInside || next < tile.live
                              ? lanes.load(tile.dy + next * channels + c)
                              : all(0);
      }
      if (!kInside && !tile.columns.holds(column)) continue;
      HWY_UNROLL(8)
      for (std::int64_t r = 0; r < kRows; ++r) {
        const Vector value = lanes.load(lines[r] + column * channels);
        HWY_UNROLL(8)
        for (std::int64_t j = 0; j < kSize; ++j) {
          const std::int64_t place = (column - j) / kStride;
          if (column >= j && (column - j) % kStride == 0 &&
              place < kDepthwiseTile) {
            Vector& sum = sums[r * kSize + j];
            sum = hn::MulAdd(value, gradients[place], sum);
          }
        }
      }
    }
    HWY_UNROLL(32)
    for (std::int64_t k = 0; k < kRows * kSize; ++k) {
      lanes.store(sums[k], dw + k * channels);
    }
  }

  template <bool kInside, class Lanes>
  static HWY_INLINE void add_tile(Lanes lanes, const WeightTile<kSize, T>& tile,
                                  const Bounds& rows, std::int64_t c) {
    std::int64_t i = rows.begin;
    for (; i + kMostRows <= rows.end; i += kMostRows) {
      add_rows<kMostRows, kInside>(lanes, tile, i, c);
    }
    for (; i < rows.end; ++i) add_rows<1, kInside>(lanes, tile, i, c);
  }

  /// What a row of dy adds to the channels [begin, end) of dw: to the rows of
  /// taps whose lines of the image are there. `ahead`: asks for the lines that
  /// the next row meets, where they follow these in memory.
  void compute(const Lines<kSize, T>& lines, const Bounds& rows, const T* dy,
               bool ahead, std::int64_t begin, std::int64_t end,
               float* dw) const {
    const std::int64_t channels = shape.channels;
    for (std::int64_t place = 0; place < shape.result.width;
         place += kDepthwiseTile) {
      const std::int64_t left = place * kStride - shape.window.padding.left;
      const WeightTile<kSize, T> tile{
          .columns = Bounds(left, kColumns, shape.image.width),
          .lines = lines,
          .left = left * channels,
          .dy = dy + place * channels,
          .dw = dw,
          .live = std::min(kDepthwiseTile, shape.result.width - place),
          .channels = channels};
      if (begin == 0 && ahead && lines.back() != nullptr) {
        for (std::int64_t i = 1; i <= kStride; ++i) {
          prefetch(lines.back() + tile.left + i * shape.image.width * channels,
                   kDepthwiseTile * kStride * channels);
        }
      }
      if (begin == 0) {
        prefetch(tile.dy + shape.result.width * channels,
                 kDepthwiseTile * channels);
      }
      const bool inside = tile.columns.begin == 0 &&
                          tile.columns.end == kColumns &&
                          tile.live == kDepthwiseTile;
      for_vectors(begin, end, [&](auto lanes, std::int64_t c) HWY_ATTR {
        if (inside) {
          add_tile<true>(lanes, tile, rows, c);
        } else {
          add_tile<false>(lanes, tile, rows, c);
        }
      });
    }
  }
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
