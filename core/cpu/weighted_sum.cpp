#include <memory>

#include "core/cpu/image_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/weighted_sum.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/channel_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// One pixel of y: `rows` are read at `columns`. A row of taps is summed before
// its own weight, which keeps sums short.
template <class X, class Y>
HWY_INLINE void sum_pixel(const X* x, std::int64_t image_width,
                          std::int64_t channels, std::span<const Tap> rows,
                          std::span<const Tap> columns, const Output<Y>& y,
                          std::int64_t pixel) {
  for_channel_blocks(
      channels, [&](auto lanes, auto vectors, std::int64_t c) HWY_ATTR {
        constexpr std::int64_t kVectors = vectors();
        Vector sum[kVectors];
        for (Vector& s : sum) s = all(0);
        for (const Tap& row : rows) {
          Vector part[kVectors];
          for (Vector& p : part) p = all(0);
          const X* line = x + row.source * image_width * channels + c;
          for (const Tap& column : columns) {
            const X* from = line + column.source * channels;
            for (std::int64_t v = 0; v < kVectors; ++v) {
              part[v] = hn::MulAdd(all(column.weight),
                                   lanes.load(from + v * kLanes), part[v]);
            }
          }
          for (std::int64_t v = 0; v < kVectors; ++v) {
            sum[v] = hn::MulAdd(all(row.weight), part[v], sum[v]);
          }
        }
        for (std::int64_t v = 0; v < kVectors; ++v) {
          y.store(lanes, sum[v], pixel + c + v * kLanes);
        }
      });
}

template <class X, class Y>
void sum_lines(const ImageMap& map, std::int64_t first, std::int64_t last,
               const X* x, graph::Size2D image, std::int64_t channels,
               const Output<Y>& y) {
  const std::int64_t height = map.height.size();
  const std::int64_t width = map.width.size();
  for (std::int64_t line = first; line < last; ++line) {
    const X* from = x + line / height * image.height * image.width * channels;
    const auto rows = map.height[line % height];
    for (std::int64_t w = 0; w < width; ++w) {
      sum_pixel(from, image.width, channels, rows, map.width[w], y,
                (line * width + w) * channels);
    }
  }
  y.finish();
}

template <class X, class Y>
Kernel sum_pixels(const ImageMap& map, const TensorSpec& x,
                  const TensorSpec& y) {
  constexpr std::int64_t kGrain = 16384;
  const std::int64_t line = y.shape[2] * y.shape[3];
  return {.run = [shared = std::make_shared<const ImageMap>(map),
                  image = size_of_image(x), channels = y.shape[3],
                  lines = y.shape[0] * y.shape[1], count = y.shape.elements(),
                  grain = (kGrain + line - 1) /
                          line](const KernelArguments& arguments) {
    const auto* from = arguments.input<X>(0);
    const Output to(arguments.output<Y>(0), count, channels);
    parallel_ranges(lines, grain, [&](std::int64_t first, std::int64_t last) {
      sum_lines(*shared, first, last, from, image, channels, to);
    });
  }};
}

Kernel make_weighted_sum(const ImageMap& map, const TensorSpec& x,
                         const TensorSpec& y) {
  constexpr std::string_view kName = "a weighted sum of pixels";
  return with_element(kName, x, [&](auto from) {
    return with_element(kName, y, [&](auto to) {
      return sum_pixels<decltype(from), decltype(to)>(map, x, y);
    });
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_weighted_sum);

Kernel weighted_sum(const ImageMap& map, const TensorSpec& x,
                    const TensorSpec& y) {
  return HWY_DYNAMIC_DISPATCH(make_weighted_sum)(map, x, y);
}

}  // namespace lathe::cpu
#endif
