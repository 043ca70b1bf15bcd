#include "core/cuda/depthwise.h"
#include "core/cuda/depthwise_tile.h"
#include "core/cuda/for_each.h"

namespace lathe::cuda {
namespace {

// A tile of results, for a vector of channels.
template <class T, int kSize, int kStride>
struct ConvolveTile {
  static constexpr bool kOfFewBlocks = true;
  Depthwise shapes;
  PixelIndex tiles;
  ConvolutionEnding<T> ending;
  const T* x;
  const T* w;
  T* y;

  __device__ void operator()(std::uint32_t i) const {
    constexpr int kColumns = (kDepthwiseTile - 1) * kStride + kSize;
    const auto& [rows, columns] = shapes.window;
    const auto at = tiles.place(i);
    const int top = at.row * kStride - rows.padding;
    const int first = at.column * kDepthwiseTile;
    const int left = first * kStride - columns.padding;
    Vector<float, kVector> sums[kDepthwiseTile]{};
    for (int tap_row = 0; tap_row < kSize; ++tap_row) {
      const int row = top + tap_row;
      if (row < 0 || row >= rows.image) continue;
      const DepthwiseRow<kSize> taps(
          w + static_cast<std::uint32_t>(tap_row * kSize) * shapes.filters +
              at.channel,
          shapes.filters, kSize, 0);
      const DepthwiseRow<kColumns> values(
          x + shapes.image.offset(at.image, row, 0, at.channel), shapes.filters,
          columns.image, left);
      for (int column = 0; column < kColumns; ++column) {
        for (int j = 0; j < kSize; ++j) {
          const int place = (column - j) / kStride;
          if (column >= j && (column - j) % kStride == 0 &&
              place < kDepthwiseTile) {
            add_product(values[column], taps[j], sums[place]);
          }
        }
      }
    }
    for (int place = 0; place < kDepthwiseTile; ++place) {
      if (first + place >= columns.places) continue;
      ending.finish(
          sums[place], at.channel,
          shapes.result.offset(at.image, at.row, first + place, at.channel), y);
    }
  }
};

// A vector of filters in any window.
template <class T, int kCount>
struct ConvolvePlace {
  Depthwise shapes;
  ConvolutionEnding<T> ending;
  const T* x;
  const T* w;
  T* y;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.result.place(i);
    const std::uint32_t channel = shapes.multiplier.quotient(at.channel);
    Vector<float, kCount> sum{};
    for_taps(shapes.window.rows, at.row, [&](int tap_row, int row) {
      for_taps(shapes.window.columns, at.column, [&](int j, int column) {
        const auto tap = static_cast<std::uint32_t>(
            tap_row * shapes.window.columns.kernel + j);
        add_product(load<kCount>(x + shapes.image.offset(at.image, row, column,
                                                         channel)),
                    load<kCount>(w + tap * shapes.filters + at.channel), sum);
      });
    });
    ending.finish(sum, at.channel, i * kCount, y);
  }
};

template <class T>
Kernel convolution(const graph::Convolution& operation,
                   const Signature& signature) {
  const TensorSpec& y = signature.outputs[0];
  const int vector = depthwise_vector(signature.inputs[0].shape, y.shape);
  const Depthwise shapes(operation.kName, operation.window, signature.inputs[0],
                         y, vector);
  const auto tiled = [&](auto size, auto stride) -> Kernel {
    const Shape tiles{y.shape[0], y.shape[1],
                      divide_up(y.shape[2], kDepthwiseTile), y.shape[3]};
    const std::int64_t count = tiles.elements() / kVector;
    return {.run = [=, index = PixelIndex(tiles, kVector)](
                       const KernelArguments& call) {
      for_each(call, count,
               ConvolveTile<T, decltype(size)::value, decltype(stride)::value>{
                   .shapes = shapes,
                   .tiles = index,
                   .ending = ConvolutionEnding<T>::of(operation, call),
                   .x = call.input<T>(0),
                   .w = call.input<T>(1),
                   .y = call.output<T>(0)});
    }};
  };
  const auto any = [&](auto size) -> Kernel {
    return {.run = [=, count = y.shape.elements() /
                               size](const KernelArguments& call) {
      for_each(call, count,
               ConvolvePlace<T, decltype(size)::value>{
                   .shapes = shapes,
                   .ending = ConvolutionEnding<T>::of(operation, call),
                   .x = call.input<T>(0),
                   .w = call.input<T>(1),
                   .y = call.output<T>(0)});
    }};
  };
  return with_depthwise_window(operation.window, vector, tiled, any);
}

}  // namespace

Kernel depthwise_convolution(const graph::Convolution& operation,
                             const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return convolution<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
