// The weight gradient of depthwise convolutions with windows wider than three,
// for which oneDNN has no vectors: here they run along the channels.
#include "core/cpu/convolution.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

struct Range {
  std::int64_t begin;
  std::int64_t end;
};

// The places p of a row (or column) of `result` of them whose p * stride +
// offset lies in the image.
Range places_inside(std::int64_t offset, std::int64_t stride,
                    std::int64_t image, std::int64_t result) {
  const std::int64_t begin = offset < 0 ? (stride - 1 - offset) / stride : 0;
  const std::int64_t end =
      offset < image ? (image - 1 - offset) / stride + 1 : 0;
  return {std::min(begin, result), std::clamp<std::int64_t>(end, 0, result)};
}

// One vector of channels of one image.
template <class Lanes>
struct Plane {
  const ConvolutionShape& shape;
  Lanes lanes;
  const float* x;
  const float* dy;

  std::int64_t column_offset(std::int64_t j) const {
    return j * shape.window.dilation.width - shape.window.padding.left;
  }
  Range columns_of(std::int64_t j) const {
    return places_inside(column_offset(j), shape.window.strides.width,
                         shape.image.width, shape.result.width);
  }

  // Adds to sums[k] what the places `columns` of a row give to the weight
  // j + k of the window's row that meets `image_row`.
  template <int kCount>
  HWY_INLINE void add_row(std::int64_t row, std::int64_t image_row,
                          std::int64_t j, Range columns, Vector* sums) const {
    if (columns.begin >= columns.end) return;
    const std::int64_t channels = shape.channels;
    const std::int64_t stride = shape.window.strides.width;
    const std::int64_t apart = shape.window.dilation.width * channels;
    const float* gradient =
        dy + (row * shape.result.width + columns.begin) * channels;
    const float* from = x + (image_row * shape.image.width +
                             columns.begin * stride + column_offset(j)) *
                                channels;
    Vector totals[kCount];
    for (int k = 0; k < kCount; ++k) totals[k] = sums[k];
    for (std::int64_t p = columns.begin; p < columns.end; ++p) {
      const Vector g = lanes.load(gradient);
      for (int k = 0; k < kCount; ++k) {
        totals[k] = hn::MulAdd(lanes.load(from + k * apart), g, totals[k]);
      }
      gradient += channels;
      from += stride * channels;
    }
    for (int k = 0; k < kCount; ++k) sums[k] = totals[k];
  }

  // Adds the gradients of the weights j .. j + kCount - 1 of the window's row
  // i, `channels` apart, to those from `to` on.
  template <int kCount>
  HWY_INLINE void add_weights(std::int64_t i, std::int64_t j, float* to) const {
    const auto& window = shape.window;
    const std::int64_t offset = i * window.dilation.height - window.padding.top;
    const Range rows = places_inside(offset, window.strides.height,
                                     shape.image.height, shape.result.height);
    Range together{columns_of(j).begin, columns_of(j + kCount - 1).end};
    if (together.begin >= together.end) {
      together = {shape.result.width, shape.result.width};
    }
    Vector sums[kCount];
    for (int k = 0; k < kCount; ++k) {
      sums[k] = lanes.load(to + k * shape.channels);
    }
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      const std::int64_t y = row * window.strides.height + offset;
      add_row<kCount>(row, y, j, together, sums);
      for (int k = 0; k < kCount; ++k) {
        const Range alone = columns_of(j + k);
        add_row<1>(row, y, j + k,
                   {alone.begin, std::min(alone.end, together.begin)},
                   sums + k);
        add_row<1>(row, y, j + k,
                   {std::max(alone.begin, together.end), alone.end}, sums + k);
      }
    }
    for (int k = 0; k < kCount; ++k) {
      lanes.store(sums[k], to + k * shape.channels);
    }
  }

  HWY_INLINE void add_all(float* to) const {
    constexpr int kTogether = 5;
    const auto [height, width] = shape.window.kernel;
    for (std::int64_t i = 0; i < height; ++i) {
      float* of_row = to + i * width * shape.channels;
      std::int64_t j = 0;
      for (; j + kTogether <= width; j += kTogether) {
        add_weights<kTogether>(i, j, of_row + j * shape.channels);
      }
      for (; j < width; ++j) {
        add_weights<1>(i, j, of_row + j * shape.channels);
      }
    }
  }
};

Kernel make_depthwise_weight_gradient(const ConvolutionShape& shape) {
  constexpr std::int64_t kMostPieces = 32;
  constexpr std::int64_t kBlock = 4 * kMostLanes;
  const std::int64_t piece = (shape.batch + kMostPieces - 1) / kMostPieces;
  const std::int64_t pieces = (shape.batch + piece - 1) / piece;
  const std::int64_t blocks = (shape.channels + kBlock - 1) / kBlock;
  const std::int64_t count =
      shape.window.kernel.height * shape.window.kernel.width * shape.channels;
  WorkspaceLayout workspace;
  const auto partial = workspace.add<float>(pieces * count);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const auto* x = arguments.input<float>(0);
            const auto* dy = arguments.input<float>(1);
            auto* dw = arguments.output<float>(0);
            auto* partials = partial.in(arguments.workspace);
            const std::int64_t image =
                shape.image.height * shape.image.width * shape.channels;
            const std::int64_t result =
                shape.result.height * shape.result.width * shape.channels;
            std::fill_n(partials, pieces * count, 0.0F);
            parallel_tasks(pieces * blocks, [=](std::int64_t task) HWY_ATTR {
              const std::int64_t first = task / blocks * piece;
              const std::int64_t last = std::min(first + piece, shape.batch);
              const std::int64_t channel = task % blocks * kBlock;
              float* to = partials + task / blocks * count;
              for (std::int64_t n = first; n < last; ++n) {
                for_vectors(channel, std::min(channel + kBlock, shape.channels),
                            [&](auto lanes, std::int64_t c) HWY_ATTR {
                              const Plane<decltype(lanes)> plane{
                                  shape, lanes, x + n * image + c,
                                  dy + n * result + c};
                              plane.add_all(to + c);
                            });
              }
            });
            parallel_vectors(count, [=](auto lanes, std::int64_t k) HWY_ATTR {
              Vector sum = lanes.load(partials + k);
              for (std::int64_t p = 1; p < pieces; ++p) {
                sum = hn::Add(sum, lanes.load(partials + p * count + k));
              }
              lanes.store(sum, dw + k);
            });
          },
      .workspace_bytes = workspace.bytes(),
      .implementation = "own"};
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_weight_gradient);

bool has_wide_depthwise_window(const ConvolutionShape& shape) {
  return shape.groups > 1 && shape.groups == shape.channels &&
         shape.channels == shape.filters && shape.window.kernel.width > 3;
}

Kernel depthwise_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
