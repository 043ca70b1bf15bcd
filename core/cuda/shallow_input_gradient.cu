#include "core/cuda/convolution_ending.h"
#include "core/cuda/element_type.h"
#include "core/cuda/shallow_tile.h"
#include "core/cuda/strip.h"
#include "core/cuda/warp.h"

// Windows of 4x4 that move by 2 meet in each 2x2 pixels of the image, a cell,
// with the same 2x2 of their places: 2 m + i - padding, for i of 0 and 1, is
// tap i of place m and tap i + 2 of place m - 1.
namespace lathe::cuda {
namespace {

constexpr int kStep = 2;
constexpr int kTaps = 4;

// Neighbouring lanes share a strip of cells, each with the weights of its
// filters in registers. A row of dy passes once by both rows of cells that it
// is part of.
template <class T, int kChannels>
struct ShallowInputGradient {
  // As many filters and cells as registers hold.
  static constexpr int kCount = kChannels == 1 ? kVector : 2;
  static constexpr int kStrip = kChannels == 1 ? 4 : kChannels == 2 ? 2 : 1;
  Window window;
  PixelIndex image;
  PixelIndex places;
  StripPieces pieces;
  // Of the place that the first cell is named after.
  int first_row;
  int first_column;
  int lanes;  // of a strip, a power of two
  std::uint32_t filters;
  ConvolutionEnding<T> ending;
  const T* dy;
  const T* w;
  T* dx;

  struct Cell {
    float sums[kStep][kStep][kChannels]{};
  };
  struct Row {
    Cell cells[kStrip];
  };
  struct Weights {
    float of[kTaps][kTaps][kChannels][kCount]{};
  };

  // Every lane of a warp takes part, whether it has something to sum or not.
  __device__ void operator()(std::uint32_t thread) const {
    const auto number = thread / static_cast<std::uint32_t>(lanes);
    const auto lane =
        static_cast<int>(thread - number * static_cast<std::uint32_t>(lanes));
    const auto at = pieces.place(number);
    const auto filter = static_cast<std::uint32_t>(lane * kCount);
    const bool is_piece = number < pieces.count;
    const bool reads = is_piece && filter < filters;
    const Weights weights = reads ? weights_from(filter) : Weights{};
    Row results[kStep];
    for (int i = 0; i <= pieces.rows; ++i) {
      const int row = first_row + at.row + i - 1;
      const StripRow<T, kStrip + 1, kCount> values(
          dy + places.offset(at.image, row, 0, filter), filters,
          window.columns.places, first_column + at.column - 1,
          reads && is_below(row, window.rows.places));
      add<0>(values, weights, results[0]);
      add<kStep>(values, weights, results[1]);
      if (i > 0) finish(results[0], at, at.row + i - 1, lane, is_piece);
      results[0] = results[1];
      results[1] = {};
    }
  }

 private:
  __device__ Weights weights_from(std::uint32_t filter) const {
    Weights result;
    for (int i = 0; i < kTaps; ++i) {
      for (int j = 0; j < kTaps; ++j) {
        for (int c = 0; c < kChannels; ++c) {
          const auto line =
              static_cast<std::uint32_t>((i * kTaps + j) * kChannels + c);
          const auto some = load<kCount>(w + line * filters + filter);
          for (int k = 0; k < kCount; ++k) result.of[i][j][c][k] = some[k];
        }
      }
    }
    return result;
  }

  // What a row of dy gives those that meet it with taps from kFirst on.
  template <int kFirst, class Values>
  __device__ static void add(const Values& values, const Weights& weights,
                             Row& result) {
    for (int column = 0; column <= kStrip; ++column) {
      for (int k = 0; k < kCount; ++k) {
        const float value = values.at(column, k);
        for (int step = 0; step < kStep; ++step) {
          // A cell meets the place before it with its later taps.
          const int cell = column - 1 + step;
          if (cell < 0 || cell >= kStrip) continue;
          for (int i = 0; i < kStep; ++i) {
            for (int j = 0; j < kStep; ++j) {
              for (int c = 0; c < kChannels; ++c) {
                result.cells[cell].sums[i][j][c] +=
                    value * weights.of[kFirst + i][step * kStep + j][c][k];
              }
            }
          }
        }
      }
    }
  }

  // Adds up what the lanes have; each of them stores some pixels.
  __device__ void finish(Row& result, const StripPieces::Place& at, int row,
                         int lane, bool is_piece) const {
    for (Cell& cell : result.cells) {
      for (auto& line : cell.sums) {
        for (auto& pixel : line) {
          for (float& sum : pixel) sum = warp_reduce(sum, Plus{}, lanes);
        }
      }
    }
    if (!is_piece) return;
    constexpr int kAcross = kStep * kStrip;
    for (int own = lane; own < kStep * kAcross; own += lanes) {
      const int to_row =
          (first_row + row) * kStep + own / kAcross - window.rows.padding;
      const int to_column = (first_column + at.column) * kStep + own % kAcross -
                            window.columns.padding;
      if (!is_below(to_row, window.rows.image) ||
          !is_below(to_column, window.columns.image)) {
        continue;
      }
      const std::uint32_t to = image.offset(at.image, to_row, to_column, 0);
      // Unrolled, so that registers can hold the sums.
#pragma unroll
      for (int c = 0; c < kChannels; ++c) {
        Vector<float, 1> sum{};
#pragma unroll
        for (int pixel = 0; pixel < kStep * kAcross; ++pixel) {
          const Cell& cell = result.cells[pixel % kAcross / kStep];
          if (pixel == own) {
            sum[0] = cell.sums[pixel / kAcross][pixel % kStep][c];
          }
        }
        ending.finish(sum, static_cast<std::uint32_t>(c),
                      to + static_cast<std::uint32_t>(c), dx);
      }
    }
  }
};

// Rows of cells that a thread sums in turn: one more of dy passes.
constexpr std::int64_t kRowsOfPiece = 8;

// The place that pixel 0 and those beside it are named after.
int first_place(const Window::Side& side) {
  return side.padding / kStep;
}
int cells(const Window::Side& side) {
  return (side.image - 1 + side.padding) / kStep - first_place(side) + 1;
}

template <class T, int kChannels>
Kernel shallow_input_gradient_of(
    const graph::ConvolutionInputGradient& operation,
    const Signature& signature) {
  using Work = ShallowInputGradient<T, kChannels>;
  const TensorSpec& dy = signature.inputs[0];
  const TensorSpec& dx = signature.outputs[0];
  require_index(operation.kName, dy);
  require_index(operation.kName, dx);
  const Window window(operation.window, dx.shape, dy.shape);
  const StripPieces pieces(
      {dx.shape[0], cells(window.rows), cells(window.columns)}, kRowsOfPiece,
      Work::kStrip);
  int lanes = 1;
  while (lanes * Work::kCount < dy.shape[3]) lanes *= 2;
  const Grid grid{.blocks = static_cast<unsigned>(
                      divide_up(std::int64_t{pieces.count} * lanes, kThreads)),
                  .starts_early = true};
  return {.run = [=, image = PixelIndex(dx.shape, 1),
                  places = PixelIndex(dy.shape, Work::kCount),
                  filters = static_cast<std::uint32_t>(dy.shape[3])](
                     const KernelArguments& call) {
    launch(call, grid, strip_kernel<Work>,
           Work{.window = window,
                .image = image,
                .places = places,
                .pieces = pieces,
                .first_row = first_place(window.rows),
                .first_column = first_place(window.columns),
                .lanes = lanes,
                .filters = filters,
                .ending = ConvolutionEnding<T>::of(operation, call),
                .dy = call.input<T>(0),
                .w = call.input<T>(1),
                .dx = call.output<T>(0)});
  }};
}

}  // namespace

bool has_shallow_input_gradient(const ConvolutionProblem& problem) {
  return is_shallow(problem) &&
         problem.window.kernel == graph::Size2D{kTaps, kTaps} &&
         problem.window.strides == graph::Size2D{kStep, kStep};
}

Kernel shallow_input_gradient(const graph::ConvolutionInputGradient& operation,
                              const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return with_shallow_channels(operation.channels, [&](auto channels) {
          return shallow_input_gradient_of<decltype(type), channels()>(
              operation, signature);
        });
      });
}

}  // namespace lathe::cuda
