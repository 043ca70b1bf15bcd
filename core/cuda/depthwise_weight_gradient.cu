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

// Stores a thread's sums of kTaps neighbouring taps, those of layer `layer` of
// `layers`, to (chunks, taps, filters).
template <int kTaps, int kCount>
__device__ void store_sums(const RowsOfThread& rows,
                           const Sums<float, kTaps * kCount>& own,
                           unsigned layer, unsigned layers,
                           std::uint32_t filters, float* partial) {
  float* to = partial +
              (std::int64_t{blockIdx.y} * layers + layer) * kTaps * filters +
              rows.column * kCount;
  for (int j = 0; j < kTaps; ++j) {
    for (int k = 0; k < kCount; ++k) to[k] = own[j * kCount + k];
    to += filters;
  }
}

// Neighbouring columns of a row of images, from `first` on; zeros where there
// are none, and where the row is below zero.
template <class T, int kCount, int kColumns>
__device__ void read_row(const T* images, const PixelIndex& index,
                         std::uint32_t image, int row, int width, int first,
                         std::uint32_t channel,
                         StoredVector<T, kCount> (&values)[kColumns]) {
  const T* from = images + index.offset(image, row, 0, channel);
  const std::uint32_t channels = index.channels.value() * index.vector;
  for (int i = 0; i < kColumns; ++i) {
    const int column = first + i;
    values[i] = {};
    if (row >= 0 && column >= 0 && column < width) {
      values[i].read(from + static_cast<std::uint32_t>(column) * channels);
    }
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
    store_sums<kSize, kVector>(own_tiles, own, own_tiles.layer, kSize,
                               shapes.filters, partial);
  }
}

// So many rows of dy a strip has.
constexpr int kStripRows = 16;

// Channels of a thread of sum_strips(), whose sums have to fit into registers.
template <int kSize>
constexpr int kStripChannels = kSize == 3 ? 2 : 1;

// All taps of some channels, from strips of dy. Rows of x pass once, each by
// the rows of dy that its pixels meet. Strides of 1.
template <class T, int kSize>
__global__ void __launch_bounds__(kThreads)
    sum_strips(Columns all, Depthwise shapes, Pieces strips, const T* x,
               const T* dy, float* partial) {
  constexpr int kCount = kStripChannels<kSize>;
  constexpr int kColumns = kDepthwiseTile - 1 + kSize;
  const auto& [rows, columns] = shapes.window;
  const RowsOfThread own_strips(all);
  const auto channel = static_cast<std::uint32_t>(own_strips.column * kCount);
  Sums<float, kSize * kCount> own[kSize];
  for (std::int64_t i = own_strips.first; i < own_strips.end;
       i += own_strips.step) {
    const auto at = strips.place(i);
    const int first_row = at.row * kStripRows;
    const int end_row = std::min(first_row + kStripRows, rows.places);
    const int first = at.piece * kDepthwiseTile;
    // Row first_row + r of dy is in place r % kSize.
    StoredVector<T, kCount> gradients[kSize][kDepthwiseTile];
    for (int start = first_row; start < end_row + kSize - 1; start += kSize) {
#pragma unroll
      for (int u = 0; u < kSize; ++u) {
        const int newest = start + u;
        read_row(dy, shapes.result, at.image, newest < end_row ? newest : -1,
                 columns.places, first, channel, gradients[u]);
        StoredVector<T, kCount> values[kColumns];
        read_row(
            x, shapes.image, at.image,
            newest - rows.padding < rows.image ? newest - rows.padding : -1,
            columns.image, first - columns.padding, channel, values);
#pragma unroll
        for (int tap_row = 0; tap_row < kSize; ++tap_row) {
          const auto& row = gradients[(u + kSize - tap_row) % kSize];
          for (int j = 0; j < kSize; ++j) {
            for (int place = 0; place < kDepthwiseTile; ++place) {
              for (int k = 0; k < kCount; ++k) {
                own[tap_row][j * kCount + k] +=
                    values[place + j][k] * row[place][k];
              }
            }
          }
        }
      }
    }
  }
  for (int tap_row = 0; tap_row < kSize; ++tap_row) {
    add_lines(all, own[tap_row]);
    if (own_strips.is_first_line) {
      store_sums<kSize, kCount>(own_strips, own[tap_row], tap_row, kSize,
                                shapes.filters, partial);
    }
    // What others still read there.
    __syncthreads();
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
    store_sums<1, kCount>(own_places, own, own_places.layer,
                          static_cast<unsigned>(rows.kernel * columns.kernel),
                          shapes.filters, partial);
  }
}

template <class T>
using SumPieces = void (*)(Columns, Depthwise, Pieces, const T*, const T*,
                           float*);

// Where there are fewer, blocks spend their time on adding up.
constexpr std::int64_t kPiecesOfAThread = 4;

// Runs `sum` over the result in pieces of so many rows and columns, `layers`
// times; a thread adds up that many bytes of sums with others at once.
template <class T>
struct Summation {
  SumPieces<T> sum;
  unsigned layers = 1;
  int rows = 1;
  int columns = 1;
  int vector = 1;
  std::size_t bytes_a_thread = 0;
};

template <class T>
Kernel weight_gradient(const Summation<T>& summation, const Depthwise& shapes,
                       const Shape& result, std::int64_t weights) {
  const std::int64_t height = divide_up(result[1], summation.rows);
  const std::int64_t width = divide_up(result[2], summation.columns);
  const Pieces pieces{.width = Divisor{width}, .height = Divisor{height}};
  const Columns all(result[0] * height * width, result[3] / summation.vector,
                    kSummingBlocks / summation.layers,
                    summation.rows > 1 ? 1 : kPiecesOfAThread, kSummingColumns);
  return {.run =
              [=](const KernelArguments& call) {
                auto* partial = static_cast<float*>(call.workspace);
                launch(call,
                       all.grid(summation.bytes_a_thread, summation.layers),
                       summation.sum, all, shapes, pieces, call.input<T>(0),
                       call.input<T>(1), partial);
                sum_chunks<float>(call, all.chunks, weights, partial,
                                  KeepSums<float>{call.output<float>(0)});
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
    if constexpr (decltype(stride)::value == 1) {
      constexpr int kCount = kStripChannels<kSize>;
      return weight_gradient<T>(
          {.sum = sum_strips<T, kSize>,
           .rows = kStripRows,
           .columns = kDepthwiseTile,
           .vector = kCount,
           .bytes_a_thread = sizeof(Sums<float, kSize * kCount>)},
          shapes, result.shape, weights);
    } else {
      return weight_gradient<T>(
          {.sum = sum_tiles<T, kSize, decltype(stride)::value>,
           .layers = kSize,
           .columns = kDepthwiseTile,
           .vector = kVector,
           .bytes_a_thread = sizeof(Sums<float, kSize * kVector>)},
          shapes, result.shape, weights);
    }
  };
  const auto any = [&](auto size) {
    constexpr int kCount = decltype(size)::value;
    return weight_gradient<T>({.sum = sum_places<T, kCount>,
                               .layers = static_cast<unsigned>(
                                   window.kernel.height * window.kernel.width),
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
