#include "core/cuda/convolution_ending.h"
#include "core/cuda/element_type.h"
#include "core/cuda/narrow_tile.h"

namespace lathe::cuda {
namespace {

// A piece of a strip of dx, for a vector of channels whose weights are in
// registers.
template <class T, int kFilters, int kCount>
struct NarrowInputGradient {
  static constexpr int kStrip = narrow_strip(kFilters);
  Narrow shapes;
  PixelIndex pieces;
  std::uint32_t count;  // of vectors in all pieces
  int rows;             // of a piece
  ConvolutionEnding<T> ending;
  const T* dy;
  const T* w;
  T* dx;

  __device__ void operator()(std::uint32_t i) const {
    if (i >= count) return;
    const auto at = pieces.place(i);
    const int first = at.row * rows;
    const int left = at.column * kStrip;
    const int end = std::min(first + rows, shapes.window.rows.image);
    const NarrowTaps<kFilters, kCount> taps(w, shapes.channels, at.channel);
    NarrowGradients<T, kFilters> gradients(shapes, dy, at.image, first, left);
    for (int row = first; row < end; ++row) {
      gradients.next();
      // Unrolled, so that registers can hold the gradients.
#pragma unroll
      for (int pixel = 0; pixel < kStrip; ++pixel) {
        const int column = left + pixel;
        if (column >= shapes.window.columns.image) continue;
        ending.finish(sum(gradients, taps, pixel), at.channel,
                      shapes.image.offset(at.image, row, column, at.channel),
                      dx);
      }
    }
  }

 private:
  template <class Gradients, class Taps>
  __device__ static Vector<float, kCount> sum(const Gradients& gradients,
                                              const Taps& taps, int pixel) {
    Vector<float, kCount> result{};
    for (int i = 0; i < kNarrowSize; ++i) {
      for (int j = 0; j < kNarrowSize; ++j) {
        for (int filter = 0; filter < kFilters; ++filter) {
          for (int k = 0; k < kCount; ++k) {
            result[k] +=
                gradients.at(i, j, pixel, filter) * taps.at(i, j, k, filter);
          }
        }
      }
    }
    return result;
  }
};

// Rows that a thread goes down with its weights.
constexpr std::int64_t kRowsOfGradientPiece = 8;

template <class T>
Kernel narrow_input_gradient_of(
    const graph::ConvolutionInputGradient& operation,
    const Signature& signature) {
  const TensorSpec& image = signature.outputs[0];
  const TensorSpec& result = signature.inputs[0];
  return with_narrow_width(
      image.shape, result.shape, [&](auto filters, auto vector) -> Kernel {
        constexpr int kFilters = decltype(filters)::value;
        constexpr int kCount = decltype(vector)::value;
        const Narrow shapes(operation.kName, operation.window, image, result,
                            kCount);
        const Shape pieces{
            image.shape[0], divide_up(image.shape[1], kRowsOfGradientPiece),
            divide_up(image.shape[2], narrow_strip(kFilters)), image.shape[3]};
        const std::int64_t count = pieces.elements() / kCount;
        const Grid grid{
            .blocks = static_cast<unsigned>(divide_up(count, kThreads)),
            .starts_early = true};
        return {.run = [=, index = PixelIndex(pieces, kCount)](
                           const KernelArguments& call) {
          using Work = NarrowInputGradient<T, kFilters, kCount>;
          launch(call, grid, strip_kernel<Work>,
                 Work{.shapes = shapes,
                      .pieces = index,
                      .count = static_cast<std::uint32_t>(count),
                      .rows = static_cast<int>(kRowsOfGradientPiece),
                      .ending = ConvolutionEnding<T>::of(operation, call),
                      .dy = call.input<T>(0),
                      .w = call.input<T>(1),
                      .dx = call.output<T>(0)});
        }};
      });
}

}  // namespace

Kernel narrow_input_gradient(const graph::ConvolutionInputGradient& operation,
                             const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return narrow_input_gradient_of<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
