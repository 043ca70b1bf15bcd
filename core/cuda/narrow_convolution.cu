#include "core/cuda/convolution_ending.h"
#include "core/cuda/element_type.h"
#include "core/cuda/narrow_tile.h"
#include "core/cuda/warp.h"

namespace lathe::cuda {
namespace {

// Neighbouring lanes share a strip of the result, each with the weights of its
// channels in registers. A row of the image passes once by all rows of the
// result that it is part of.
template <class T, int kFilters, int kCount>
struct NarrowConvolution {
  static constexpr int kStrip = narrow_strip(kFilters);
  static constexpr int kColumns = kStrip + kNarrowSize - 1;
  Narrow shapes;
  StripPieces pieces;
  int lanes;  // of a strip, a power of two
  ConvolutionEnding<T> ending;
  const T* x;
  const T* w;
  T* y;

  // The strip's sums in a row of the result.
  struct Row {
    float sums[kStrip][kFilters]{};
  };

  // Every lane of a warp takes part, whether it has something to sum or not.
  __device__ void operator()(std::uint32_t thread) const {
    const auto number = thread / static_cast<std::uint32_t>(lanes);
    const auto lane =
        static_cast<int>(thread - number * static_cast<std::uint32_t>(lanes));
    const auto at = pieces.place(number);
    const auto channel = static_cast<std::uint32_t>(lane * kCount);
    const auto& [rows, columns] = shapes.window;
    const NarrowTaps<kFilters, kCount> taps(w, shapes.channels, channel);
    const bool reads = number < pieces.count && channel < shapes.channels;
    Row results[kNarrowSize];
    for (int i = 0; i < pieces.rows + kNarrowSize - 1; ++i) {
      const int row = at.row + i - rows.padding;
      const StripRow<T, kColumns, kCount> values(
          x + shapes.image.offset(at.image, row, 0, channel), shapes.channels,
          columns.image, at.column - columns.padding,
          reads && is_below(row, rows.image));
      add(values, taps, results);
      if (i >= kNarrowSize - 1) {
        finish(results[0], at, at.row + i - (kNarrowSize - 1), lane,
               number < pieces.count);
      }
      for (int j = 0; j + 1 < kNarrowSize; ++j) results[j] = results[j + 1];
      results[kNarrowSize - 1] = {};
    }
  }

 private:
  // The first result is the one that a row meets with its last taps.
  template <class Values, class Taps>
  __device__ static void add(const Values& values, const Taps& taps,
                             Row* results) {
    for (int column = 0; column < kColumns; ++column) {
      for (int k = 0; k < kCount; ++k) {
        const float value = values.at(column, k);
        for (int j = 0; j < kNarrowSize; ++j) {
          const int pixel = column - j;
          if (pixel < 0 || pixel >= kStrip) continue;
          for (int i = 0; i < kNarrowSize; ++i) {
            for (int filter = 0; filter < kFilters; ++filter) {
              results[i].sums[pixel][filter] +=
                  value * taps.at(kNarrowSize - 1 - i, j, k, filter);
            }
          }
        }
      }
    }
  }

  // Adds up what the lanes have; each of them stores some pixels.
  __device__ void finish(Row& result, const StripPieces::Place& at, int row,
                         int lane, bool is_piece) const {
    for (auto& pixel : result.sums) {
      for (float& sum : pixel) sum = warp_reduce(sum, Plus{}, lanes);
    }
    if (!is_piece || row >= shapes.window.rows.places) return;
    for (int own = lane; own < kStrip; own += lanes) {
      const int column = at.column + own;
      if (column >= shapes.window.columns.places) return;
      const std::uint32_t to = shapes.result.offset(at.image, row, column, 0);
      // Unrolled, so that registers can hold the sums.
#pragma unroll
      for (int filter = 0; filter < kFilters; ++filter) {
        Vector<float, 1> sum{};
#pragma unroll
        for (int pixel = 0; pixel < kStrip; ++pixel) {
          if (pixel == own) sum[0] = result.sums[pixel][filter];
        }
        ending.finish(sum, static_cast<std::uint32_t>(filter),
                      to + static_cast<std::uint32_t>(filter), y);
      }
    }
  }
};

// Rows of the result that a thread sums in turn: two more of the image pass.
constexpr std::int64_t kRowsOfPiece = 8;

template <class T>
Kernel narrow_convolution_of(const graph::Convolution& operation,
                             const Signature& signature) {
  const TensorSpec& image = signature.inputs[0];
  const TensorSpec& result = signature.outputs[0];
  return with_narrow_width(
      image.shape, result.shape, [&](auto filters, auto vector) -> Kernel {
        constexpr int kFilters = decltype(filters)::value;
        constexpr int kCount = decltype(vector)::value;
        const Narrow shapes(operation.kName, operation.window, image, result,
                            kCount);
        const StripPieces pieces(result.shape, kRowsOfPiece,
                                 narrow_strip(kFilters));
        int lanes = 1;
        while (lanes * kCount < image.shape[3]) lanes *= 2;
        const Grid grid{.blocks = static_cast<unsigned>(divide_up(
                            std::int64_t{pieces.count} * lanes, kThreads)),
                        .starts_early = true};
        return {.run = [=](const KernelArguments& call) {
          using Work = NarrowConvolution<T, kFilters, kCount>;
          launch(call, grid, strip_kernel<Work>,
                 Work{.shapes = shapes,
                      .pieces = pieces,
                      .lanes = lanes,
                      .ending = ConvolutionEnding<T>::of(operation, call),
                      .x = call.input<T>(0),
                      .w = call.input<T>(1),
                      .y = call.output<T>(0)});
        }};
      });
}

}  // namespace

bool is_narrow(const ConvolutionProblem& problem) {
  const graph::Window2D& window = problem.window;
  constexpr graph::Size2D kWindow{.height = kNarrowSize, .width = kNarrowSize};
  const std::int64_t channels = problem.image[3];
  return problem.groups == 1 && problem.result[3] <= 4 &&
         window.kernel == kWindow && window.strides == graph::Size2D{} &&
         window.dilation == graph::Size2D{} &&
         (channels <= 32 || (channels <= 64 && channels % kVector == 0));
}

Kernel narrow_convolution(const graph::Convolution& operation,
                          const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return narrow_convolution_of<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
