#include "core/cuda/depthwise.h"
#include "core/cuda/depthwise_tile.h"
#include "core/cuda/for_each.h"

namespace lathe::cuda {
namespace {

// Where tiles begin in the padded image: a multiple of the stride, so that
// every tile meets the taps alike.
std::int64_t first_of_tiles(const graph::Window2D& window) {
  return window.padding.left / window.strides.width * window.strides.width;
}

// A tile of dx, for a vector of channels.
template <class T, int kSize, int kStride>
struct GatherTile {
  static constexpr bool kOfFewBlocks = true;
  Depthwise shapes;
  PixelIndex tiles;
  int first;  // of all tiles, in the padded image
  ConvolutionEnding<T> ending;
  const T* dy;
  const T* w;
  T* dx;

  __device__ void operator()(std::uint32_t i) const {
    constexpr int kReach = (kSize - 1) / kStride;
    constexpr int kColumns = (kDepthwiseTile - 1) / kStride + kReach + 1;
    static_assert(kDepthwiseTile % kStride == 0);
    const auto& [rows, columns] = shapes.window;
    const auto at = tiles.place(i);
    const int left = first + at.column * kDepthwiseTile;
    const int padded_row = at.row + rows.padding;
    Vector<float, kVector> sums[kDepthwiseTile]{};
    for (int tap_row = padded_row % kStride; tap_row < kSize;
         tap_row += kStride) {
      const int row = (padded_row - tap_row) / kStride;
      if (tap_row > padded_row || row >= rows.places) continue;
      const DepthwiseRow<kSize> taps(
          w + static_cast<std::uint32_t>(tap_row * kSize) * shapes.filters +
              at.channel,
          shapes.filters, kSize, 0);
      const DepthwiseRow<kColumns> values(
          dy + shapes.result.offset(at.image, row, 0, at.channel),
          shapes.filters, columns.places, left / kStride - kReach);
      for (int column = 0; column < kColumns; ++column) {
        for (int j = 0; j < kSize; ++j) {
          const int pixel = (column - kReach) * kStride + j;
          if (pixel >= 0 && pixel < kDepthwiseTile) {
            add_product(values[column], taps[j], sums[pixel]);
          }
        }
      }
    }
    for (int pixel = 0; pixel < kDepthwiseTile; ++pixel) {
      const int column = left - columns.padding + pixel;
      if (column < 0 || column >= columns.image) continue;
      ending.finish(sums[pixel], at.channel,
                    shapes.image.offset(at.image, at.row, column, at.channel),
                    dx);
    }
  }
};

// A vector of channels under any window.
template <class T, int kCount>
struct GatherPixel {
  Depthwise shapes;
  ConvolutionEnding<T> ending;
  const T* dy;
  const T* w;
  T* dx;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.image.place(i);
    const std::uint32_t filter = at.channel * shapes.multiplier.value();
    Vector<float, kCount> sum{};
    for_places(shapes.window.rows, at.row, [&](int tap_row, int row) {
      for_places(shapes.window.columns, at.column, [&](int j, int column) {
        const auto tap = static_cast<std::uint32_t>(
            tap_row * shapes.window.columns.kernel + j);
        const T* from =
            dy + shapes.result.offset(at.image, row, column, filter);
        const T* weights = w + tap * shapes.filters + filter;
        for (std::uint32_t m = 0; m < shapes.multiplier.value(); ++m) {
          add_product(load<kCount>(from + m), load<kCount>(weights + m), sum);
        }
      });
    });
    ending.finish(sum, at.channel, i * kCount, dx);
  }
};

template <class T>
Kernel input_gradient(const graph::ConvolutionInputGradient& operation,
                      const Signature& signature) {
  const TensorSpec& dx = signature.outputs[0];
  const graph::Window2D& window = operation.window;
  const int vector = depthwise_vector(dx.shape, signature.inputs[0].shape);
  const Depthwise shapes(operation.kName, window, dx, signature.inputs[0],
                         vector);
  const auto tiled = [&](auto size, auto stride) -> Kernel {
    const std::int64_t first = first_of_tiles(window);
    const Shape tiles{
        dx.shape[0], dx.shape[1],
        divide_up(window.padding.left + dx.shape[2] - first, kDepthwiseTile),
        dx.shape[3]};
    const std::int64_t count = tiles.elements() / kVector;
    return {.run = [=, index = PixelIndex(tiles, kVector)](
                       const KernelArguments& call) {
      for_each(call, count,
               GatherTile<T, decltype(size)::value, decltype(stride)::value>{
                   .shapes = shapes,
                   .tiles = index,
                   .first = static_cast<int>(first),
                   .ending = ConvolutionEnding<T>::of(operation, call),
                   .dy = call.input<T>(0),
                   .w = call.input<T>(1),
                   .dx = call.output<T>(0)});
    }};
  };
  const auto any = [&](auto size) -> Kernel {
    return {.run = [=, count = dx.shape.elements() /
                               size](const KernelArguments& call) {
      for_each(call, count,
               GatherPixel<T, decltype(size)::value>{
                   .shapes = shapes,
                   .ending = ConvolutionEnding<T>::of(operation, call),
                   .dy = call.input<T>(0),
                   .w = call.input<T>(1),
                   .dx = call.output<T>(0)});
    }};
  };
  return with_depthwise_window(window, vector, tiled, any);
}

}  // namespace

Kernel depthwise_input_gradient(
    const graph::ConvolutionInputGradient& operation,
    const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return input_gradient<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
