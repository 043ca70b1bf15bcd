#include "core/cuda/columns.h"
#include "core/cuda/element_type.h"
#include "core/cuda/shallow_tile.h"

// Blocks sum over tiles of the result, and another launch sums what they found.
namespace lathe::cuda {
namespace {

// A group of filters at a pixel of dy, zeros where there is none.
template <class T>
struct ShallowGradients {
  static constexpr int kAtOnce = kWidest<T>;
  StoredVector<T, kAtOnce> parts[kShallowGroup / kAtOnce];

  __device__ void read(const T* from) {
    for (auto& part : parts) {
      part.read(from);
      from += kAtOnce;
    }
  }
  __device__ float at(int k) const { return parts[k / kAtOnce][k % kAtOnce]; }
};

// A thread sums a row of taps for a group of filters over its pixels of the
// tiles: `all` are the pixels of a tile, at a column for each of those.
template <class T, int kSize, int kChannels>
__global__ void __launch_bounds__(kThreads)
    shallow_weight_gradient_kernel(Columns all, Shallow shapes, Divisor groups,
                                   const T* x, const T* dy, float* partial) {
  // Gradients that are on their way together.
  constexpr int kAhead = 4;
  constexpr int kPart = kSize * kShallowGroup;
  float* const tile = &shared_memory<float>();
  const RowsOfThread own_pixels(all);
  const auto own_column = static_cast<std::uint32_t>(own_pixels.column);
  const auto tap_row = static_cast<int>(groups.quotient(own_column));
  const std::uint32_t filter = groups.remainder(own_column) * kShallowGroup;
  const auto end = static_cast<int>(own_pixels.end);
  const auto step = static_cast<int>(own_pixels.step);
  Sums<float, kPart> own[kChannels];  // of as many taps as the window is wide
  for (std::uint32_t i = blockIdx.x; i < shapes.tiles; i += gridDim.x) {
    const auto at = shapes.place(i);
    // The tile before may still be read.
    __syncthreads();
    shapes.stage(x, at, tile);
    __syncthreads();
    for (auto first = static_cast<int>(own_pixels.first); first < end;
         first += kAhead * step) {
      ShallowGradients<T> gradients[kAhead];
      bool is_inside[kAhead];
      for (int j = 0; j < kAhead; ++j) {
        const int pixel = first + j * step;
        const int row = at.row + pixel / kShallowTile;
        const int column = at.column + pixel % kShallowTile;
        is_inside[j] = pixel < end && row < shapes.window.rows.places &&
                       column < shapes.window.columns.places;
        if (is_inside[j]) {
          gradients[j].read(
              dy + shapes.result.offset(at.image, row, column, filter));
        }
      }
      // Unrolled, so that registers can hold the sums.
#pragma unroll
      for (int j = 0; j < kAhead; ++j) {
        if (!is_inside[j]) continue;
        const int pixel = first + j * step;
        const float* values =
            tile +
            shapes.offset(pixel / kShallowTile, pixel % kShallowTile, tap_row);
#pragma unroll
        for (int tap = 0; tap < kSize * kChannels; ++tap) {
          for (int k = 0; k < kShallowGroup; ++k) {
            own[tap / kSize][tap % kSize * kShallowGroup + k] +=
                values[tap] * gradients[j].at(k);
          }
        }
      }
    }
  }
  float* to = partial +
              (blockIdx.x * kSize + static_cast<std::uint32_t>(tap_row)) *
                  kSize * kChannels * shapes.filters +
              filter;
  for (int part = 0; part < kChannels; ++part) {
    // What was before it in shared memory may still be read.
    __syncthreads();
    add_lines(all, own[part]);
    if (!own_pixels.is_first_line) continue;
    for (int tap = 0; tap < kSize; ++tap) {
      for (int k = 0; k < kShallowGroup; ++k) {
        to[k] = own[part][tap * kShallowGroup + k];
      }
      to += shapes.filters;
    }
  }
}

// With the registers that a thread needs, a multiprocessor holds two blocks at
// once: as many as that on the largest devices, so that all end together.
constexpr std::int64_t kShallowBlocks = kSummingBlocks / 2;

template <class T>
Kernel shallow_weight_gradient_of(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature) {
  const TensorSpec& image = signature.inputs[0];
  const Shallow shapes(operation.kName, operation.window, image,
                       signature.inputs[1]);
  const std::int64_t weights = signature.outputs[0].shape.elements();
  const Columns all(kShallowTile * kShallowTile,
                    operation.window.kernel.height * shapes.groups(), 1, 1);
  const std::int64_t blocks =
      std::clamp<std::int64_t>(shapes.tiles, 1, kShallowBlocks);
  const auto make_kernel = [&](auto size, auto channels) -> Kernel {
    constexpr int kSize = decltype(size)::value;
    const Grid sums = all.grid(sizeof(Sums<float, kSize * kShallowGroup>));
    const Grid grid{
        .blocks = static_cast<unsigned>(blocks),
        .threads = sums.threads,
        .shared_bytes = std::max(
            sums.shared_bytes,
            static_cast<std::size_t>(shapes.tile_elements) * sizeof(float)),
        .starts_early = true};
    return {
        .run =
            [=,
             groups = Divisor(shapes.groups())](const KernelArguments& call) {
              auto* partial = static_cast<float*>(call.workspace);
              launch(call, grid,
                     shallow_weight_gradient_kernel<T, kSize,
                                                    decltype(channels)::value>,
                     all, shapes, groups, call.input<T>(0), call.input<T>(1),
                     partial);
              sum_chunks<float>(call, blocks, weights, partial,
                                KeepSums<float>{call.output<float>(0)});
            },
        .workspace_bytes =
            static_cast<std::size_t>(blocks * weights) * sizeof(float)};
  };
  return with_shallow_extents(operation.window, image.shape[3], make_kernel);
}

}  // namespace

Kernel shallow_weight_gradient(
    const graph::ConvolutionWeightGradient& operation,
    const Signature& signature) {
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return shallow_weight_gradient_of<decltype(type)>(operation, signature);
      });
}

}  // namespace lathe::cuda
