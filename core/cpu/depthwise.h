#pragma once

#include <hwy/cache_control.h>

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "core/cpu/convolution.h"
#include "core/cpu/workspace.h"

namespace lathe::cpu {

/// Results are made in tiles: rows of this many places, which the kernels hold
/// in registers. Images of 224 and their halves are multiples of it.
inline constexpr std::int64_t kDepthwiseTile = 7;

/// Tiles are made for this many channels in turn, so that what they share stays
/// in the first cache.
inline constexpr std::int64_t kDepthwiseChannels = 256;

inline constexpr std::string_view kDepthwise = "a depthwise convolution";

/// The weights of a depthwise convolution.
inline std::int64_t taps_of(const ConvolutionShape& shape) {
  const auto& kernel = shape.window.kernel;
  return kernel.height * kernel.width * shape.channels;
}

/// Calls f(size, stride) with the window's as integral_constants. The window
/// must be one that is_tiled_depthwise takes.
template <class F>
Kernel with_depthwise_window(const graph::Window2D& window, F&& f) {
  const auto with_stride = [&](auto size) {
    return window.strides.height == 1
               ? f(size, std::integral_constant<std::int64_t, 1>())
               : f(size, std::integral_constant<std::int64_t, 2>());
  };
  return window.kernel.height == 3
             ? with_stride(std::integral_constant<std::int64_t, 3>())
             : with_stride(std::integral_constant<std::int64_t, 5>());
}

/// Asks for memory that the next line of tiles reads: its pieces lie too far
/// apart for the processor to foresee.
template <class T>
void prefetch(const T* from, std::int64_t count) {
  constexpr std::int64_t kLine = 64 / sizeof(T);
  for (std::int64_t i = 0; i < count; i += kLine) hwy::Prefetch(from + i);
}

/// The elements of a tensor of that many channels an image.
inline std::int64_t elements_of(graph::Size2D image, std::int64_t channels) {
  return image.height * image.width * channels;
}

/// The bounds of the places [0, count) that `of` (a place of a window, counted
/// from `first`) finds in an image of `size`.
struct Bounds {
  std::int64_t begin;
  std::int64_t end;

  Bounds(std::int64_t first, std::int64_t count, std::int64_t size)
      : begin(std::clamp<std::int64_t>(-first, 0, count)),
        end(std::clamp<std::int64_t>(size - first, 0, count)) {}

  bool holds(std::int64_t place) const { return place >= begin && place < end; }
};

}  // namespace lathe::cpu
