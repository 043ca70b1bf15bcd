#include "core/cuda/columns.h"
#include "core/cuda/depthwise.h"
#include "core/cuda/depthwise_tile.h"

// Blocks sum over chunks of the result, and another launch sums what they
// found.
namespace lathe::cuda {
namespace {

// Rows of `width` pieces: the number of a piece to its place.
struct Pieces {
  struct Place {
    std::uint32_t image;
    int row;
    int piece;
  };

  Divisor width;
  Divisor height;

  __device__ Place place(std::int64_t i) const {
    const auto number = static_cast<std::uint32_t>(i);
    const std::uint32_t row = width.quotient(number);
    const std::uint32_t image = height.quotient(row);
    return {.image = image,
            .row = static_cast<int>(row - image * height.value()),
            .piece = static_cast<int>(number - row * width.value())};
  }
};

// Stores a thread's sums of kTaps neighbouring taps to (chunks, taps, filters).
template <int kTaps, int kCount>
__device__ void store_sums(const RowsOfThread& rows,
                           const Sums<float, kTaps * kCount>& own,
                           unsigned layers, std::uint32_t filters,
                           float* partial) {
  float* to =
      partial +
      (std::int64_t{blockIdx.y} * layers + rows.layer) * kTaps * filters +
      rows.column * kCount;
  for (int j = 0; j < kTaps; ++j) {
    for (int k = 0; k < kCount; ++k) to[k] = own[j * kCount + k];
    to += filters;
  }
}

// A row of taps for a vector of channels, from tiles of dy. A layer of blocks
// for each row of taps.
template <class T, int kSize, int kStride>
__global__ void __launch_bounds__(kThreads)
    sum_tiles(Columns all, Depthwise shapes, Pieces tiles, const T* x,
              const T* dy, float* partial) {
  constexpr int kColumns = (kDepthwiseTile - 1) * kStride + kSize;
  const auto& [rows, columns] = shapes.window;
  const RowsOfThread own_tiles(all);
  const auto channel = static_cast<std::uint32_t>(own_tiles.column * kVector);
  Sums<float, kSize * kVector> own;
  for (std::int64_t i = own_tiles.first; i < own_tiles.end;
       i += own_tiles.step) {
    const auto at = tiles.place(i);
    const int row =
        at.row * kStride - rows.padding + static_cast<int>(own_tiles.layer);
    if (row < 0 || row >= rows.image) continue;
    const int first = at.piece * kDepthwiseTile;
    const int left = first * kStride - columns.padding;
    const DepthwiseRow<kDepthwiseTile> gradients(
        dy + shapes.result.offset(at.image, at.row, 0, channel), shapes.filters,
        columns.places, first);
    const DepthwiseRow<kColumns> values(
        x + shapes.image.offset(at.image, row, 0, channel), shapes.filters,
        columns.image, left);
    for (int column = 0; column < kColumns; ++column) {
      for (int j = 0; j < kSize; ++j) {
        const int place = (column - j) / kStride;
        if (column >= j && (column - j) % kStride == 0 &&
            place < kDepthwiseTile) {
          for (int k = 0; k < kVector; ++k) {
            own[j * kVector + k] += values[column][k] * gradients[place][k];
          }
        }
      }
    }
  }
  add_lines(all, own);
  if (own_tiles.is_first_line) {
    store_sums<kSize, kVector>(own_tiles, own, kSize, shapes.filters, partial);
  }
}

// A tap for a vector of filters in any window. A layer of blocks for each tap.
template <class T, int kCount>
__global__ void __launch_bounds__(kThreads)
    sum_places(Columns all, Depthwise shapes, Pieces places, const T* x,
               const T* dy, float* partial) {
  const auto& [rows, columns] = shapes.window;
  const RowsOfThread own_places(all);
  const auto tap = static_cast<int>(own_places.layer);
  const int down = tap / columns.kernel * rows.dilation - rows.padding;
  const int right = tap % columns.kernel * columns.dilation - columns.padding;
  const auto filter = static_cast<std::uint32_t>(own_places.column * kCount);
  const std::uint32_t channel = shapes.multiplier.quotient(filter);
  Sums<float, kCount> own;
  for (std::int64_t i = own_places.first; i < own_places.end;
       i += own_places.step) {
    const auto at = places.place(i);
    const int row = at.row * rows.stride + down;
    const int column = at.piece * columns.stride + right;
    if (row < 0 || row >= rows.image || column < 0 || column >= columns.image) {
      continue;
    }
    const auto value =
        load<kCount>(x + shapes.image.offset(at.image, row, column, channel));
    const auto gradient = load<kCount>(
        dy + shapes.result.offset(at.image, at.row, at.piece, filter));
    for (int k = 0; k < kCount; ++k) own[k] += value[k] * gradient[k];
  }
  add_lines(all, own);
  if (own_places.is_first_line) {
    store_sums<1, kCount>(own_places, own,
                          static_cast<unsigned>(rows.kernel * columns.kernel),
                          shapes.filters, partial);
  }
}

struct WriteSum {
  float* dw;

  __device__ void operator()(std::int64_t i, float sum) const { dw[i] = sum; }
};

template <class T>
using SumPieces = void (*)(Columns, Depthwise, Pieces, const T*, const T*,
                           float*);

// Where there are fewer, blocks spend their time on adding up.
constexpr std::int64_t kPiecesOfAThread = 4;

// Runs `sum` over the result in pieces of so many places of a row, `layers`
// times; a thread keeps that many bytes of sums.
template <class T>
struct Summation {
  SumPieces<T> sum;
  unsigned layers;
  int piece;
  int vector;
  std::size_t bytes_a_thread;
};

template <class T>
Kernel weight_gradient(const Summation<T>& summation, const Depthwise& shapes,
                       const Shape& result, std::int64_t weights) {
  const std::int64_t width = divide_up(result[2], summation.piece);
  const Pieces pieces{.width = Divisor{width}, .height = Divisor{result[1]}};
  const Columns all(result[0] * result[1] * width, result[3] / summation.vector,
                    kSummingBlocks / summation.layers, kPiecesOfAThread,
                    kSummingColumns);
  return {.run =
              [=](const KernelArguments& call) {
                auto* partial = static_cast<float*>(call.workspace);
                launch(call,
                       all.grid(summation.bytes_a_thread, summation.layers),
                       summation.sum, all, shapes, pieces, call.input<T>(0),
                       call.input<T>(1), partial);
                sum_chunks<float>(call, all.chunks, weights, partial,
                                  WriteSum{.dw = call.output<float>(0)});
              },
          .workspace_bytes =
              static_cast<std::size_t>(all.chunks * weights) * sizeof(float)};
}

template <class T>
Kernel weight_gradient(const graph::ConvolutionWeightGradient& operation,
                       const Signature& signature) {
  const TensorSpec& image = signature.inputs[0];
  const TensorSpec& result = signature.inputs[1];
  const graph::Window2D& window = operation.window;
  const int vector = depthwise_vector(image.shape, result.shape);
  const Depthwise shapes(operation.kName, window, image, result, vector);
  const std::int64_t weights = signature.outputs[0].shape.elements();
  const auto tiled = [&](auto size, auto stride) {
    constexpr int kSize = decltype(size)::value;
    return weight_gradient<T>(
        {.sum = sum_tiles<T, kSize, decltype(stride)::value>,
         .layers = kSize,
         .piece = kDepthwiseTile,
         .vector = kVector,
         .bytes_a_thread = sizeof(Sums<float, kSize * kVector>)},
        shapes, result.shape, weights);
  };
  const auto any = [&](auto size) {
    constexpr int kCount = decltype(size)::value;
    return weight_gradient<T>({.sum = sum_places<T, kCount>,
                               .layers = static_cast<unsigned>(
                                   window.kernel.height * window.kernel.width),
                               .piece = 1,
                               .vector = kCount,
                               .bytes_a_thread = sizeof(Sums<float, kCount>)},
                              shapes, result.shape, weights);
  };
  return with_depthwise_window(window, vector, tiled, any);
}

}  // namespace

Kernel depthwise_weight_gradient(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return weight_gradient<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
