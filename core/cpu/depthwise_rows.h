// Rows of depthwise convolutions, vectors along the channels: a tile of results
// stays in registers while a row of the image passes once by all taps that meet
// it. Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_DEPTHWISE_ROWS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_DEPTHWISE_ROWS_H_
#undef LATHE_CORE_CPU_DEPTHWISE_ROWS_H_
#else
#define LATHE_CORE_CPU_DEPTHWISE_ROWS_H_
#endif

#include <array>

#include "core/cpu/activate_rows.h"
#include "core/cpu/depthwise.h"
#include "core/cpu/functions.h"
#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// The rows of an image that a row of windows meets; null for those outside.
template <std::int64_t kSize, class T = float>
using Lines = std::array<const T*, static_cast<std::size_t>(kSize)>;

/// Those from `top` on of an image of `height` lines of so many elements.
template <std::int64_t kSize, class T>
Lines<kSize, T> lines_of(const T* image, std::int64_t top, std::int64_t height,
                         std::int64_t line) {
  Lines<kSize, T> lines{};
  for (std::int64_t i = 0; i < kSize; ++i) {
    if (top + i < 0 || top + i >= height) continue;
    lines[static_cast<std::size_t>(i)] = image + (top + i) * line;
  }
  return lines;
}

/// Some results of one row, `live` of them in the image.
template <class Y>
struct RowTile {
  std::int64_t left;  // elements of a line before the first window
  Bounds columns;     // those that are in the image, counted from there
  const float* w;
  const float* bias;
  Y* y;
  std::int64_t live;
  std::int64_t channels;
  bool swish;  // what is stored
};

/// What is read of columns outside an image. With a jump past each instead,
/// compilers leave the sums of 5x5 windows in memory, which takes over twice as
/// long.
template <class X>
alignas(64) inline constexpr X kOutside[kMostLanes]{};

/// The channels from c on. kInside: all columns are in the image.
template <std::int64_t kSize, std::int64_t kStride, bool kInside, class Lanes,
          class X, class Y>
HWY_INLINE void convolve_tile(Lanes lanes, const Lines<kSize, X>& lines,
                              const RowTile<Y>& tile, std::int64_t c) {
  constexpr std::int64_t kColumns = (kDepthwiseTile - 1) * kStride + kSize;
  Vector sums[kDepthwiseTile];
  const Vector start =
      tile.bias == nullptr ? all(0) : lanes.load(tile.bias + c);
  for (Vector& sum : sums) sum = start;
  for (std::int64_t i = 0; i < kSize; ++i) {
    const X* line = lines[static_cast<std::size_t>(i)];
    if (line == nullptr) continue;
    const X* x = line + tile.left + c;
    const float* w = tile.w + i * kSize * tile.channels + c;
    Vector taps[kSize];
    HWY_UNROLL(8)
    for (std::int64_t j = 0; j < kSize; ++j) {
      taps[j] = lanes.load(w + j * tile.channels);
    }
    HWY_UNROLL(32)
    for (std::int64_t column = 0; column < kColumns; ++column) {
      const bool is_there = kInside || tile.columns.holds(column);
      const Vector value =
          lanes.load(is_there ? x + column * tile.channels : kOutside<X>);
      HWY_UNROLL(8)
      for (std::int64_t j = 0; j < kSize; ++j) {
        const std::int64_t place = (column - j) / kStride;
        if (column >= j && (column - j) % kStride == 0 &&
            place < kDepthwiseTile) {
          sums[place] = hn::MulAdd(value, taps[j], sums[place]);
        }
      }
    }
  }
  // A swish divides, for which multiplications of the next tile don't wait.
  Y* y = tile.y + c;
  if (tile.swish) {
    HWY_UNROLL(8)
    for (std::int64_t place = 0; place < kDepthwiseTile; ++place) {
      if (kInside || place < tile.live) {
        lanes.store(activate<ActivationKind::swish, Y>(sums[place]),
                    y + place * tile.channels);
      }
    }
  } else {
    HWY_UNROLL(8)
    for (std::int64_t place = 0; place < kDepthwiseTile; ++place) {
      if (kInside || place < tile.live) {
        lanes.store(sums[place], y + place * tile.channels);
      }
    }
  }
}

template <std::int64_t kSize, std::int64_t kStride>
struct DepthwiseRows {
  std::int64_t channels;
  std::int64_t image_width;
  std::int64_t result_width;
  std::int64_t padding;  // on the left
  bool swish;
  Activate activate;  // a row at a time; null for none and for a swish

  DepthwiseRows(const ConvolutionShape& shape, ActivationKind activation)
      : channels(shape.channels),
        image_width(shape.image.width),
        result_width(shape.result.width),
        padding(shape.window.padding.left),
        swish(activation == ActivationKind::swish),
        activate(swish || activation == ActivationKind::linear
                     ? nullptr
                     : activate_rows(activation, shape.dtype)) {}

  /// A row of results. `ahead`: asks for the lines that the next row meets,
  /// where they follow these in memory.
  template <class X, class Y>
  void compute(const Lines<kSize, X>& lines, const float* w, const float* bias,
               bool ahead, Y* y) const {
    constexpr std::int64_t kColumns = (kDepthwiseTile - 1) * kStride + kSize;
    for (std::int64_t begin = 0; begin < channels;
         begin += kDepthwiseChannels) {
      const std::int64_t end = std::min(begin + kDepthwiseChannels, channels);
      for (std::int64_t place = 0; place < result_width;
           place += kDepthwiseTile) {
        const std::int64_t left = place * kStride - padding;
        const RowTile<Y> tile{
            .left = left * channels,
            .columns = Bounds(left, kColumns, image_width),
            .w = w,
            .bias = bias,
            .y = y + place * channels,
            .live = std::min(kDepthwiseTile, result_width - place),
            .channels = channels,
            .swish = swish};
        if (ahead && begin == 0 && lines.back() != nullptr) {
          for (std::int64_t i = 1; i <= kStride; ++i) {
            prefetch(lines.back() + tile.left + i * image_width * channels,
                     kDepthwiseTile * kStride * channels);
          }
        }
        const bool inside = tile.columns.begin == 0 &&
                            tile.columns.end == kColumns &&
                            tile.live == kDepthwiseTile;
        for_vectors(begin, end, [&](auto lanes, std::int64_t c) HWY_ATTR {
          if (inside) {
            convolve_tile<kSize, kStride, true>(lanes, lines, tile, c);
          } else {
            convolve_tile<kSize, kStride, false>(lanes, lines, tile, c);
          }
        });
      }
    }
    if (activate != nullptr) activate(y, y, result_width * channels);
  }
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
