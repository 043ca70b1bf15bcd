// The input gradient of depthwise convolutions: a tile of the image's gradient
// stays in registers while a row of dy passes once by all taps that meet it.
#include "core/cpu/depthwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_input_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Some places of one row of dx, which may lie partly outside the image, and
// what of dy reaches them: `dy` and `columns` are of the first column that
// does.
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

template <std::int64_t kSize, std::int64_t kStride, class T>
struct DepthwiseInputGradient {
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

  // Row `row` of the gradient of an image.
  void add_row(const T* dy, const float* w, const float* bias, std::int64_t row,
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
            .dx = dx + (row * shape.image.width + place) * channels,
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

template <class T>
Kernel input_gradient(const ConvolutionShape& shape, bool has_bias) {
  const FloatWeights<T> weights(shape, has_bias);
  return with_depthwise_window(shape.window, [&](auto size, auto stride) {
    const DepthwiseInputGradient<size(), stride(), T> gradient{shape};
    return Kernel{.run =
                      [=](const KernelArguments& arguments) {
                        const auto* dy = arguments.input<T>(0);
                        const auto given = weights.in(arguments);
                        auto* dx = arguments.output<T>(0);
                        const std::int64_t height = shape.image.height;
                        const std::int64_t image =
                            elements_of(shape.image, shape.channels);
                        const std::int64_t result =
                            elements_of(shape.result, shape.channels);
                        parallel_ranges(
                            shape.batch * height, 1,
                            [=](std::int64_t first, std::int64_t last) {
                              for (std::int64_t i = first; i < last; ++i) {
                                const std::int64_t n = i / height;
                                gradient.add_row(dy + n * result, given.w,
                                                 given.bias, i % height,
                                                 dx + n * image);
                              }
                            });
                      },
                  .workspace_bytes = weights.workspace_bytes()};
  });
}

Kernel make_depthwise_input_gradient(const ConvolutionShape& shape,
                                     bool has_bias) {
  return with_element(kDepthwise, {{}, shape.dtype}, [&](auto element) {
    return input_gradient<decltype(element)>(shape, has_bias);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_input_gradient);

Kernel depthwise_input_gradient(const ConvolutionShape& shape, bool has_bias) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_input_gradient)(shape, has_bias);
}

}  // namespace lathe::cpu
#endif
