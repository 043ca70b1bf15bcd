#include "core/cuda/columns.h"
#include "core/cuda/element_type.h"
#include "core/cuda/narrow_tile.h"

// Blocks sum over pieces of the image, and another launch sums what they found.
namespace lathe::cuda {
namespace {

// A thread sums all taps of a vector of channels over its pieces.
template <class T, int kFilters, int kCount>
__global__ void __launch_bounds__(kThreads, kStripBlocksHeld)
    narrow_weight_gradient_kernel(Columns all, Narrow shapes,
                                  StripPieces pieces, const T* x, const T* dy,
                                  float* partial) {
  constexpr int kStrip = narrow_strip(kFilters);
  constexpr int kOfTap = kFilters * kCount;
  const auto& [rows, columns] = shapes.window;
  const RowsOfThread own_pieces(all);
  const auto channel = static_cast<std::uint32_t>(own_pieces.column * kCount);
  Sums<float, kNarrowSize * kOfTap> own[kNarrowSize];  // a row of taps each
  for (std::int64_t piece = own_pieces.first; piece < own_pieces.end;
       piece += own_pieces.step) {
    const auto at = pieces.place(static_cast<std::uint32_t>(piece));
    const int end = std::min(at.row + pieces.rows, rows.image);
    NarrowGradients<T, kFilters> gradients(shapes, dy, at.image, at.row,
                                           at.column);
    const auto row_of_image = [&](int row) {
      return StripRow<T, kStrip, kCount>(
          x + shapes.image.offset(at.image, row, 0, channel), shapes.channels,
          columns.image, at.column, row < end);
    };
    auto next = row_of_image(at.row);
    for (int row = at.row; row < end; ++row) {
      const auto values = next;
      // On its way while this one is summed.
      next = row_of_image(row + 1);
      gradients.next();
      for (int pixel = 0; pixel < kStrip; ++pixel) {
        for (int k = 0; k < kCount; ++k) {
          const float value = values.at(pixel, k);
          for (int i = 0; i < kNarrowSize; ++i) {
            for (int j = 0; j < kNarrowSize; ++j) {
              for (int filter = 0; filter < kFilters; ++filter) {
                own[i][j * kOfTap + k * kFilters + filter] +=
                    value * gradients.at(i, j, pixel, filter);
              }
            }
          }
        }
      }
    }
  }
  for (int i = 0; i < kNarrowSize; ++i) {
    // The lines of the row before may still be read.
    __syncthreads();
    add_lines(all, own[i]);
    if (!own_pieces.is_first_line) continue;
    for (int j = 0; j < kNarrowSize; ++j) {
      const std::int64_t tap =
          std::int64_t{blockIdx.y} * kNarrowTaps + i * kNarrowSize + j;
      float* to = partial + (tap * shapes.channels + channel) * kFilters;
      for (int k = 0; k < kOfTap; ++k) to[k] = own[i][j * kOfTap + k];
    }
  }
}

// With the registers that a thread needs, a multiprocessor holds two blocks at
// once: as many as that on the largest devices, so that all end together.
constexpr std::int64_t kNarrowBlocks = kSummingBlocks / 2;
// Adding up in a block takes as long as some rows.
constexpr std::int64_t kLeastRowsOfPiece = 8;

// One piece for each line of all blocks where there are rows enough.
std::int64_t rows_of_piece(const Shape& image, std::int64_t columns,
                           int strip) {
  const std::int64_t lines =
      kNarrowBlocks * std::max<std::int64_t>(kThreads / columns, 1);
  const std::int64_t strips =
      std::max<std::int64_t>(image[0] * divide_up(image[2], strip), 1);
  const std::int64_t cuts = std::max<std::int64_t>(lines / strips, 1);
  return std::max(divide_up(image[1], cuts), kLeastRowsOfPiece);
}

template <class T>
Kernel narrow_weight_gradient_of(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature) {
  const TensorSpec& image = signature.inputs[0];
  const TensorSpec& result = signature.inputs[1];
  const std::int64_t weights = signature.outputs[0].shape.elements();
  return with_narrow_width(
      image.shape, result.shape, [&](auto filters, auto vector) -> Kernel {
        constexpr int kFilters = decltype(filters)::value;
        constexpr int kCount = decltype(vector)::value;
        const Narrow shapes(operation.kName, operation.window, image, result,
                            kCount);
        const std::int64_t columns = image.shape[3] / kCount;
        constexpr int kStrip = narrow_strip(kFilters);
        const StripPieces pieces(
            image.shape, rows_of_piece(image.shape, columns, kStrip), kStrip);
        const Columns all(pieces.count, columns, kNarrowBlocks, 1);
        return {
            .run =
                [=](const KernelArguments& call) {
                  auto* partial = static_cast<float*>(call.workspace);
                  launch(call,
                         all.grid(sizeof(
                             Sums<float, kNarrowSize * kFilters * kCount>)),
                         narrow_weight_gradient_kernel<T, kFilters, kCount>,
                         all, shapes, pieces, call.input<T>(0),
                         call.input<T>(1), partial);
                  sum_chunks<float>(call, all.chunks, weights, partial,
                                    KeepSums<float>{call.output<float>(0)});
                },
            .workspace_bytes =
                static_cast<std::size_t>(all.chunks * weights) * sizeof(float)};
      });
}

}  // namespace

Kernel narrow_weight_gradient(const graph::ConvolutionWeightGradient& operation,
                              const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return narrow_weight_gradient_of<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
