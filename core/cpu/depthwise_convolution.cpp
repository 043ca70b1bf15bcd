// Depthwise convolutions, vectors along the channels: a tile of results stays
// in registers while a row of the image passes once by all taps that meet it.
#include "core/cpu/depthwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// A tile of results: `live` places of one row, whose windows begin at `x`.
struct Tile {
  Bounds rows;
  Bounds columns;
  const float* x;
  const float* w;
  const float* bias;
  float* y;
  std::int64_t live;
  std::int64_t line;  // elements of a row of the image
  std::int64_t channels;
};

// The channels from c on. kInside: all columns are in the image.
template <std::int64_t kSize, std::int64_t kStride, bool kInside, class Lanes>
HWY_INLINE void convolve(Lanes lanes, const Tile& tile, std::int64_t c) {
  constexpr std::int64_t kColumns = (kDepthwiseTile - 1) * kStride + kSize;
  Vector sums[kDepthwiseTile];
  const Vector start =
      tile.bias == nullptr ? all(0) : lanes.load(tile.bias + c);
  for (Vector& sum : sums) sum = start;
  for (std::int64_t i = tile.rows.begin; i < tile.rows.end; ++i) {
    const float* x = tile.x + i * tile.line + c;
    const float* w = tile.w + i * kSize * tile.channels + c;
    Vector taps[kSize];
    HWY_UNROLL(8)
    for (std::int64_t j = 0; j < kSize; ++j) {
      taps[j] = lanes.load(w + j * tile.channels);
    }
    HWY_UNROLL(32)
    for (std::int64_t column = 0; column < kColumns; ++column) {
      if (!kInside && !tile.columns.holds(column)) continue;
      const Vector value = lanes.load(x + column * tile.channels);
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
  HWY_UNROLL(8)
  for (std::int64_t place = 0; place < kDepthwiseTile; ++place) {
    if (kInside || place < tile.live) {
      lanes.store(sums[place], tile.y + place * tile.channels + c);
    }
  }
}

template <std::int64_t kSize, std::int64_t kStride>
struct DepthwiseConvolution {
  ConvolutionShape shape;

  // Row `row` of the results of an image.
  void add_row(const float* x, const float* w, const float* bias,
               std::int64_t row, float* y) const {
    constexpr std::int64_t kColumns = (kDepthwiseTile - 1) * kStride + kSize;
    const std::int64_t channels = shape.channels;
    const auto& padding = shape.window.padding;
    const std::int64_t top = row * kStride - padding.top;
    const Bounds rows(top, kSize, shape.image.height);
    for (std::int64_t begin = 0; begin < channels;
         begin += kDepthwiseChannels) {
      const std::int64_t end = std::min(begin + kDepthwiseChannels, channels);
      for (std::int64_t place = 0; place < shape.result.width;
           place += kDepthwiseTile) {
        const std::int64_t left = place * kStride - padding.left;
        const Tile tile{
            .rows = rows,
            .columns = Bounds(left, kColumns, shape.image.width),
            .x = x + (top * shape.image.width + left) * channels,
            .w = w,
            .bias = bias,
            .y = y + (row * shape.result.width + place) * channels,
            .live = std::min(kDepthwiseTile, shape.result.width - place),
            .line = shape.image.width * channels,
            .channels = channels};
        if (begin == 0) {
          for (std::int64_t i = 0; i < kStride; ++i) {
            prefetch(tile.x + (kSize + i) * tile.line,
                     kDepthwiseTile * kStride * channels);
          }
        }
        const bool inside = tile.columns.begin == 0 &&
                            tile.columns.end == kColumns &&
                            tile.live == kDepthwiseTile;
        for_vectors(begin, end, [&](auto lanes, std::int64_t c) HWY_ATTR {
          if (inside) {
            convolve<kSize, kStride, true>(lanes, tile, c);
          } else {
            convolve<kSize, kStride, false>(lanes, tile, c);
          }
        });
      }
    }
  }
};

using ActivateRow = void (*)(float* y, std::int64_t count);

template <ActivationKind kKind>
void activate_row(float* y, std::int64_t count) {
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    lanes.store(activate<kKind>(lanes.load(y + i)), y + i);
  });
}

Kernel make_depthwise_convolution(const ConvolutionShape& shape, bool has_bias,
                                  ActivationKind activation) {
  const ActivateRow finish =
      activation == ActivationKind::linear
          ? nullptr
          : with_activation(activation, [](auto kind) -> ActivateRow {
              return activate_row<kind()>;
            });
  const std::int64_t row = shape.result.width * shape.channels;
  return with_depthwise_window(shape.window, [&](auto size, auto stride) {
    const DepthwiseConvolution<size(), stride()> convolution{shape};
    return Kernel{.run = [=](const KernelArguments& arguments) {
      const auto* x = arguments.input<float>(0);
      const auto* w = arguments.input<float>(1);
      const auto* bias = has_bias ? arguments.input<float>(2) : nullptr;
      auto* y = arguments.output<float>(0);
      const std::int64_t height = shape.result.height;
      const std::int64_t image = elements_of(shape.image, shape.channels);
      const std::int64_t result = elements_of(shape.result, shape.channels);
      parallel_ranges(shape.batch * height, 1,
                      [=](std::int64_t first, std::int64_t last) {
                        for (std::int64_t i = first; i < last; ++i) {
                          const std::int64_t n = i / height;
                          convolution.add_row(x + n * image, w, bias,
                                              i % height, y + n * result);
                          // While the row is in the nearest caches.
                          if (finish != nullptr) finish(y + i * row, row);
                        }
                      });
    }};
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_convolution);

Kernel depthwise_convolution(const ConvolutionShape& shape, bool has_bias,
                             graph::ActivationKind activation) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_convolution)(shape, has_bias,
                                                          activation);
}

}  // namespace lathe::cpu
#endif
