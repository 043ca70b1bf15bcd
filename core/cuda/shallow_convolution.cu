#include "core/cuda/convolution_ending.h"
#include "core/cuda/element_type.h"
#include "core/cuda/shallow_tile.h"

namespace lathe::cuda {
namespace {

// The pixels of a thread lie apart in the tile by as many as its neighbours
// take: 8 columns of 4 rows.
constexpr int kColumnsApart = 8;
constexpr int kRowsApart = 4;
constexpr int kPixelsAcross = kShallowTile / kColumnsApart;
constexpr int kPixelsOfThread = kPixelsAcross * kShallowTile / kRowsApart;
constexpr int kThreadsOfGroup = kColumnsApart * kRowsApart;

template <class T>
struct ShallowConvolution {
  Shallow shapes;
  int groups;
  ConvolutionEnding<T> ending;
  const T* x;
  const T* w;
  T* y;
};

// A block for each tile of the result, whose neighbouring threads share pixels
// and have a group of filters each.
template <class T, int kSize, int kChannels>
__global__ void __launch_bounds__(kThreads)
    shallow_convolution_kernel(ShallowConvolution<T> work) {
  constexpr int kRow = kSize * kChannels;
  const Shallow& shapes = work.shapes;
  const int weights = kSize * kRow * shapes.filters;
  float* const staged_weights = &shared_memory<float>();
  float* const tile = staged_weights + weights;
  const auto at = shapes.place(blockIdx.x);
  const auto thread = static_cast<int>(threadIdx.x);
  wait_for_earlier_kernels();
  for (int i = thread; i < weights; i += static_cast<int>(blockDim.x)) {
    staged_weights[i] = work.w[i];
  }
  shapes.stage(work.x, at, tile);
  __syncthreads();
  const int place = thread / work.groups;
  const int filter = (thread - place * work.groups) * kShallowGroup;
  const int row = place / kColumnsApart;
  const int column = place % kColumnsApart;
  float sums[kPixelsOfThread][kShallowGroup]{};
  for (int tap_row = 0; tap_row < kSize; ++tap_row) {
    const float* values[kPixelsOfThread];
    for (int pixel = 0; pixel < kPixelsOfThread; ++pixel) {
      values[pixel] =
          tile + shapes.offset(row + pixel / kPixelsAcross * kRowsApart,
                               column + pixel % kPixelsAcross * kColumnsApart,
                               tap_row);
    }
    // Unrolled, here and below, so that registers can hold the sums.
#pragma unroll
    for (int tap = 0; tap < kRow; ++tap) {
      const float* from =
          staged_weights + (tap_row * kRow + tap) * shapes.filters + filter;
      const Vector<float, kVector> weight[]{load<kVector>(from),
                                            load<kVector>(from + kVector)};
      for (int pixel = 0; pixel < kPixelsOfThread; ++pixel) {
        const float value = values[pixel][tap];
        for (int k = 0; k < kShallowGroup; ++k) {
          sums[pixel][k] += value * weight[k / kVector][k % kVector];
        }
      }
    }
  }
#pragma unroll
  for (int pixel = 0; pixel < kPixelsOfThread; ++pixel) {
    const int to_row = at.row + row + pixel / kPixelsAcross * kRowsApart;
    const int to_column =
        at.column + column + pixel % kPixelsAcross * kColumnsApart;
    if (to_row >= shapes.window.rows.places ||
        to_column >= shapes.window.columns.places) {
      continue;
    }
    constexpr int kAtOnce = kWidest<T>;
    for (int first = 0; first < kShallowGroup; first += kAtOnce) {
      Vector<float, kAtOnce> some;
      for (int k = 0; k < kAtOnce; ++k) some[k] = sums[pixel][first + k];
      const auto to_filter = static_cast<std::uint32_t>(filter + first);
      work.ending.finish(
          some, to_filter,
          shapes.result.offset(at.image, to_row, to_column, to_filter), work.y);
    }
  }
}

template <class T>
Kernel shallow_convolution_of(const graph::Convolution& operation,
                              const Signature& signature) {
  const TensorSpec& image = signature.inputs[0];
  const Shallow shapes(operation.kName, operation.window, image,
                       signature.outputs[0]);
  const auto weights = static_cast<int>(signature.inputs[1].shape.elements());
  const Grid grid{
      .blocks = shapes.tiles,
      .threads = static_cast<unsigned>(kThreadsOfGroup * shapes.groups()),
      .shared_bytes = static_cast<std::size_t>(shapes.tile_elements + weights) *
                      sizeof(float),
      .starts_early = true};
  const auto make_kernel = [&](auto size, auto channels) -> Kernel {
    return {.run = [=](const KernelArguments& call) {
      launch(call, grid,
             shallow_convolution_kernel<T, decltype(size)::value,
                                        decltype(channels)::value>,
             ShallowConvolution<T>{
                 .shapes = shapes,
                 .groups = shapes.groups(),
                 .ending = ConvolutionEnding<T>::of(operation, call),
                 .x = call.input<T>(0),
                 .w = call.input<T>(1),
                 .y = call.output<T>(0)});
    }};
  };
  return with_shallow_extents(operation.window, image.shape[3], make_kernel);
}

}  // namespace

bool is_shallow(const ConvolutionProblem& problem) {
  const graph::Window2D& window = problem.window;
  const auto& [height, width] = window.kernel;
  constexpr std::int64_t kMostFilters =
      kThreads / kThreadsOfGroup * kShallowGroup;
  const std::int64_t filters = problem.result[3];
  return problem.groups == 1 && problem.image[3] <= 4 &&
         filters <= kMostFilters && filters % kShallowGroup == 0 &&
         height == width && (height == 3 || height == 4) &&
         window.dilation == graph::Size2D{} &&
         std::max(window.strides.height, window.strides.width) <= 2;
}

Kernel shallow_convolution(const graph::Convolution& operation,
                           const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return shallow_convolution_of<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
