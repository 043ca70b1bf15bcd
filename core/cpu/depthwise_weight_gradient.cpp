// The weight gradient of depthwise convolutions, vectors along the channels:
// the sums of a few rows of taps stay in registers while a tile of dy passes by
// what it was made from.
#include "core/cpu/depthwise.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// A tile of dy: `live` places of one row, whose windows begin at `x`.
template <class T>
struct Tile {
  Bounds columns;
  const T* x;
  const T* dy;
  float* dw;
  std::int64_t live;
  std::int64_t line;  // elements of a row of the image
  std::int64_t channels;
};

template <std::int64_t kSize, std::int64_t kStride, class T>
struct DepthwiseWeightGradient {
  static constexpr std::int64_t kColumns =
      (kDepthwiseTile - 1) * kStride + kSize;
  // Rows of taps that fit into the registers: 32 with AVX-512, else 16.
  static constexpr std::int64_t kMostRows =
      kLanes == kMostLanes || kSize == 3 ? kSize : 2;

  ConvolutionShape shape;

  // Rows i .. i + kRows - 1 of the taps, the channels from c on. kInside: all
  // columns are in the image.
  template <std::int64_t kRows, bool kInside, class Lanes>
  static HWY_INLINE void add_rows(Lanes lanes, const Tile<T>& tile,
                                  std::int64_t i, std::int64_t c) {
    const std::int64_t channels = tile.channels;
    const T* x = tile.x + i * tile.line + c;
    float* dw = tile.dw + i * kSize * channels + c;
    Vector sums[kRows * kSize];
    HWY_UNROLL(32)
    for (std::int64_t k = 0; k < kRows * kSize; ++k) {
      sums[k] = lanes.load(dw + k * channels);
    }
    Vector gradients[kDepthwiseTile];
    HWY_UNROLL(32)
    for (std::int64_t column = 0; column < kColumns; ++column) {
      const std::int64_t next = column / kStride;
      if (column % kStride == 0 && next < kDepthwiseTile) {
        gradients[next] = kInside || next < tile.live
                              ? lanes.load(tile.dy + next * channels + c)
                              : all(0);
      }
      if (!kInside && !tile.columns.holds(column)) continue;
      HWY_UNROLL(8)
      for (std::int64_t r = 0; r < kRows; ++r) {
        const Vector value = lanes.load(x + r * tile.line + column * channels);
        HWY_UNROLL(8)
        for (std::int64_t j = 0; j < kSize; ++j) {
          const std::int64_t place = (column - j) / kStride;
          if (column >= j && (column - j) % kStride == 0 &&
              place < kDepthwiseTile) {
            Vector& sum = sums[r * kSize + j];
            sum = hn::MulAdd(value, gradients[place], sum);
          }
        }
      }
    }
    HWY_UNROLL(32)
    for (std::int64_t k = 0; k < kRows * kSize; ++k) {
      lanes.store(sums[k], dw + k * channels);
    }
  }

  template <bool kInside, class Lanes>
  static HWY_INLINE void add_tile(Lanes lanes, const Tile<T>& tile,
                                  const Bounds& rows, std::int64_t c) {
    std::int64_t i = rows.begin;
    for (; i + kMostRows <= rows.end; i += kMostRows) {
      add_rows<kMostRows, kInside>(lanes, tile, i, c);
    }
    for (; i < rows.end; ++i) add_rows<1, kInside>(lanes, tile, i, c);
  }

  // What row `row` of an image's dy adds to the channels [begin, end) of dw.
  void add_row(const T* x, const T* dy, std::int64_t row, std::int64_t begin,
               std::int64_t end, float* dw) const {
    const std::int64_t channels = shape.channels;
    const auto& padding = shape.window.padding;
    const std::int64_t top = row * kStride - padding.top;
    const Bounds rows(top, kSize, shape.image.height);
    for (std::int64_t place = 0; place < shape.result.width;
         place += kDepthwiseTile) {
      const std::int64_t left = place * kStride - padding.left;
      const Tile<T> tile{
          .columns = Bounds(left, kColumns, shape.image.width),
          .x = x + (top * shape.image.width + left) * channels,
          .dy = dy + (row * shape.result.width + place) * channels,
          .dw = dw,
          .live = std::min(kDepthwiseTile, shape.result.width - place),
          .line = shape.image.width * channels,
          .channels = channels};
      if (begin == 0) {
        for (std::int64_t i = 0; i < kStride; ++i) {
          prefetch(tile.x + (kSize + i) * tile.line,
                   kDepthwiseTile * kStride * channels);
        }
        prefetch(tile.dy + shape.result.width * channels,
                 kDepthwiseTile * channels);
      }
      const bool inside = tile.columns.begin == 0 &&
                          tile.columns.end == kColumns &&
                          tile.live == kDepthwiseTile;
      for_vectors(begin, end, [&](auto lanes, std::int64_t c) HWY_ATTR {
        if (inside) {
          add_tile<true>(lanes, tile, rows, c);
        } else {
          add_tile<false>(lanes, tile, rows, c);
        }
      });
    }
  }
};

// Pieces of the lines of all images' dy, each with sums of its own.
struct Pieces {
  std::int64_t lines;
  std::int64_t blocks;  // of channels
  std::int64_t piece;   // lines
  std::int64_t count;

  explicit Pieces(const ConvolutionShape& shape)
      : lines(shape.batch * shape.result.height),
        blocks((shape.channels + kDepthwiseChannels - 1) / kDepthwiseChannels) {
    constexpr std::int64_t kTasks = 32;
    const std::int64_t wanted = (kTasks + blocks - 1) / blocks;
    piece = (lines + wanted - 1) / wanted;
    count = (lines + piece - 1) / piece;
  }
};

template <class T>
Kernel weight_gradient(const ConvolutionShape& shape) {
  const Pieces pieces(shape);
  const std::int64_t taps =
      shape.window.kernel.height * shape.window.kernel.width;
  const std::int64_t count = taps * shape.channels;
  WorkspaceLayout workspace;
  const auto partial = workspace.add<float>(pieces.count * count);
  return with_depthwise_window(shape.window, [&](auto size, auto stride) {
    const DepthwiseWeightGradient<size(), stride(), T> gradient{shape};
    const auto run = [=](const KernelArguments& arguments) {
      const auto* x = arguments.input<T>(0);
      const auto* dy = arguments.input<T>(1);
      auto* dw = arguments.output<float>(0);
      auto* partials = partial.in(arguments.workspace);
      const std::int64_t height = shape.result.height;
      const std::int64_t image = elements_of(shape.image, shape.channels);
      const std::int64_t result = elements_of(shape.result, shape.channels);
      parallel_tasks(pieces.count * pieces.blocks, [=](std::int64_t task) {
        const std::int64_t begin = task % pieces.blocks * kDepthwiseChannels;
        const std::int64_t end =
            std::min(begin + kDepthwiseChannels, shape.channels);
        float* to = partials + task / pieces.blocks * count;
        for (std::int64_t tap = 0; tap < taps; ++tap) {
          float* row = to + tap * shape.channels;
          std::fill(row + begin, row + end, 0.0F);
        }
        const std::int64_t first = task / pieces.blocks * pieces.piece;
        const std::int64_t last = std::min(first + pieces.piece, pieces.lines);
        for (std::int64_t i = first; i < last; ++i) {
          const std::int64_t n = i / height;
          gradient.add_row(x + n * image, dy + n * result, i % height, begin,
                           end, to);
        }
      });
      parallel_vectors(count, [=](auto lanes, std::int64_t k) HWY_ATTR {
        Vector sum = lanes.load(partials + k);
        for (std::int64_t p = 1; p < pieces.count; ++p) {
          sum = hn::Add(sum, lanes.load(partials + p * count + k));
        }
        lanes.store(sum, dw + k);
      });
    };
    return Kernel{.run = run, .workspace_bytes = workspace.bytes()};
  });
}

Kernel make_depthwise_weight_gradient(const ConvolutionShape& shape) {
  return with_element(kDepthwise, {{}, shape.dtype}, [&](auto element) {
    return weight_gradient<decltype(element)>(shape);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_weight_gradient);

Kernel depthwise_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
