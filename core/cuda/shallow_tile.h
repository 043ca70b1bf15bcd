#pragma once

#include "core/cuda/shallow_convolution.h"
#include "core/cuda/vector.h"
#include "core/cuda/window.h"

namespace lathe::cuda {

/// Sides of the tiles of the result that a block goes through.
inline constexpr int kShallowTile = 16;

/// Filters that a thread computes at once.
inline constexpr int kShallowGroup = 8;

/// A convolution of an image (N, H, W, C) to a result (N, H', W', F) with
/// weights (rows of taps, taps of a row and their C, F): a row of taps meets
/// neighbouring memory. Passed to kernels by value.
struct Shallow {
  struct Place {
    std::uint32_t image;
    int row;
    int column;
  };

  Window window;
  PixelIndex result;
  Divisor across;  // tiles
  Divisor down;
  Divisor pitch;  // of the image below a tile
  std::uint32_t tiles;
  int tile_elements;  // of the image below a tile
  int channels;
  int filters;

  /// Throws Error naming `operation` where the tensors are none for the
  /// kernels.
  Shallow(std::string_view operation, const graph::Window2D& window2d,
          const TensorSpec& image_spec, const TensorSpec& result_spec)
      : window(window2d, image_spec.shape, result_spec.shape),
        result(result_spec.shape, kShallowGroup),
        across(divide_up(result_spec.shape[2], kShallowTile)),
        down(divide_up(result_spec.shape[1], kShallowTile)),
        pitch(extent(window.columns) * image_spec.shape[3]),
        tiles(static_cast<std::uint32_t>(result_spec.shape[0]) * down.value() *
              across.value()),
        tile_elements(extent(window.rows) * static_cast<int>(pitch.value())),
        channels(static_cast<int>(image_spec.shape[3])),
        filters(static_cast<int>(result_spec.shape[3])) {
    require_index(operation, image_spec);
    require_index(operation, result_spec);
  }

  int groups() const { return filters / kShallowGroup; }

  /// Where a tile of the result begins.
  __device__ Place place(std::uint32_t tile) const {
    const std::uint32_t line = across.quotient(tile);
    const std::uint32_t image = down.quotient(line);
    return {.image = image,
            .row = static_cast<int>(line - image * down.value()) * kShallowTile,
            .column =
                static_cast<int>(tile - line * across.value()) * kShallowTile};
  }

  /// Copies the image below the tile at `at`, zeros around it, to `to`. Every
  /// thread of the block takes part.
  template <class T>
  __device__ void stage(const T* x, const Place& at, float* to) const {
    const int top = at.row * window.rows.stride - window.rows.padding;
    const int left =
        (at.column * window.columns.stride - window.columns.padding) * channels;
    const int width = window.columns.image * channels;
    const T* from =
        x + at.image * static_cast<std::uint32_t>(window.rows.image * width);
    // Several elements on their way at once.
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < tile_elements;
         i += static_cast<int>(blockDim.x)) {
      const auto line =
          static_cast<int>(pitch.quotient(static_cast<std::uint32_t>(i)));
      const int row = top + line;
      const int column = left + i - line * static_cast<int>(pitch.value());
      const bool is_inside =
          row >= 0 && row < window.rows.image && column >= 0 && column < width;
      to[i] = is_inside ? static_cast<float>(from[row * width + column]) : 0.0F;
    }
  }

  /// Where the staged image lies below a row of taps at a pixel of the tile.
  __device__ int offset(int row, int column, int tap_row) const {
    return (row * window.rows.stride + tap_row) *
               static_cast<int>(pitch.value()) +
           column * window.columns.stride * channels;
  }

 private:
  static int extent(const Window::Side& side) {
    return (kShallowTile - 1) * side.stride + side.kernel;
  }
};

/// Calls make_kernel(channels), an integral_constant of 1 to 4.
template <class Make>
Kernel with_shallow_channels(std::int64_t channels, Make make_kernel) {
  switch (channels) {
    case 1:
      return make_kernel(std::integral_constant<int, 1>{});
    case 2:
      return make_kernel(std::integral_constant<int, 2>{});
    case 3:
      return make_kernel(std::integral_constant<int, 3>{});
    default:
      return make_kernel(std::integral_constant<int, 4>{});
  }
}

/// Calls make_kernel(size, channels), both integral_constants: sides of the
/// window, 3 or 4, and channels of the image.
template <class Make>
Kernel with_shallow_extents(const graph::Window2D& window,
                            std::int64_t channels, Make make_kernel) {
  return with_shallow_channels(channels, [&](auto count) {
    return window.kernel.height == 3
               ? make_kernel(std::integral_constant<int, 3>{}, count)
               : make_kernel(std::integral_constant<int, 4>{}, count);
  });
}

}  // namespace lathe::cuda
