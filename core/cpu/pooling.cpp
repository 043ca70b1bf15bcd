#include <limits>
#include <memory>

#include "core/cpu/image_kernel.h"
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/pooling.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/channel_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// What a window's places are numbered with, and the extents of the image that
// is read.
struct Extents {
  std::int64_t kernel_width;
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
};

HWY_INLINE IntVector place(const Extents& extents, const Tap& row,
                           const Tap& column) {
  return hn::Set(Ints(),
                 static_cast<std::int32_t>(row.position * extents.kernel_width +
                                           column.position));
}

template <class T>
HWY_INLINE void largest(const Extents& extents, const T* x,
                        std::span<const Tap> rows, std::span<const Tap> columns,
                        T* y, std::uint8_t* places) {
  const std::int64_t channels = extents.channels;
  for_channel_blocks(channels, [=](auto lanes, auto vectors,
                                   std::int64_t c) HWY_ATTR {
    constexpr std::int64_t kVectors = vectors();
    Vector best[kVectors];
    IntVector at[kVectors];
    for (std::int64_t v = 0; v < kVectors; ++v) {
      best[v] = all(-std::numeric_limits<float>::infinity());
      at[v] = hn::Zero(Ints());
    }
    bool first = true;
    for (const Tap& row : rows) {
      const T* line = x + row.source * extents.width * channels + c;
      for (const Tap& column : columns) {
        const T* from = line + column.source * channels;
        const IntVector here = place(extents, row, column);
        for (std::int64_t v = 0; v < kVectors; ++v) {
          const Vector value = lanes.load(from + v * kLanes);
          if (first) {
            best[v] = value;
            at[v] = here;
            continue;
          }
          const auto larger = hn::Gt(value, best[v]);
          best[v] = hn::IfThenElse(larger, value, best[v]);
          at[v] = hn::IfThenElse(hn::RebindMask(Ints(), larger), here, at[v]);
        }
        first = false;
      }
    }
    for (std::int64_t v = 0; v < kVectors; ++v) {
      lanes.store(best[v], y + c + v * kLanes);
      lanes.store(at[v], places + c + v * kLanes);
    }
  });
}

template <class T>
void largest_lines(const ImageMap& map, std::int64_t first, std::int64_t last,
                   const Extents& extents, const T* x, T* y,
                   std::uint8_t* places) {
  const std::int64_t height = map.height.size();
  const std::int64_t width = map.width.size();
  for (std::int64_t line = first; line < last; ++line) {
    const T* image =
        x + line / height * extents.height * extents.width * extents.channels;
    const auto rows = map.height[line % height];
    for (std::int64_t w = 0; w < width; ++w) {
      const std::int64_t pixel = (line * width + w) * extents.channels;
      largest(extents, image, rows, map.width[w], y + pixel, places + pixel);
    }
  }
}

// A pixel of dx: the sum of dy over the windows that chose it.
template <class T>
HWY_INLINE void collect(const Extents& extents, const T* dy,
                        const std::uint8_t* places, std::span<const Tap> rows,
                        std::span<const Tap> columns, const Output<T>& dx,
                        std::int64_t pixel) {
  const std::int64_t channels = extents.channels;
  for_channel_blocks(
      channels, [&](auto lanes, auto vectors, std::int64_t c) HWY_ATTR {
        constexpr std::int64_t kVectors = vectors();
        Vector sum[kVectors];
        for (Vector& s : sum) s = all(0);
        for (const Tap& row : rows) {
          for (const Tap& column : columns) {
            const std::int64_t from =
                (row.source * extents.width + column.source) * channels + c;
            const IntVector here = place(extents, row, column);
            for (std::int64_t v = 0; v < kVectors; ++v) {
              const IntVector chosen = lanes.load(places + from + v * kLanes);
              const Vector value = lanes.load(dy + from + v * kLanes);
              const auto ours = hn::RebindMask(Floats(), hn::Eq(chosen, here));
              sum[v] = hn::Add(sum[v], hn::IfThenElseZero(ours, value));
            }
          }
        }
        for (std::int64_t v = 0; v < kVectors; ++v) {
          dx.store(lanes, sum[v], pixel + c + v * kLanes);
        }
      });
}

template <class T>
void collect_lines(const ImageMap& map, std::int64_t first, std::int64_t last,
                   const Extents& extents, const T* dy,
                   const std::uint8_t* places, const Output<T>& dx) {
  const std::int64_t height = map.height.size();
  const std::int64_t width = map.width.size();
  for (std::int64_t line = first; line < last; ++line) {
    const std::int64_t image =
        line / height * extents.height * extents.width * extents.channels;
    const auto rows = map.height[line % height];
    for (std::int64_t w = 0; w < width; ++w) {
      collect(extents, dy + image, places + image, rows, map.width[w], dx,
              (line * width + w) * extents.channels);
    }
  }
  dx.finish();
}

// Lines of an image that are worth a task.
std::int64_t line_grain(const TensorSpec& image) {
  constexpr std::int64_t kGrain = 16384;
  const std::int64_t line = image.shape[2] * image.shape[3];
  return (kGrain + line - 1) / line;
}

Extents extents_of(const graph::Window2D& window, const TensorSpec& image) {
  return {.kernel_width = window.kernel.width,
          .height = image.shape[1],
          .width = image.shape[2],
          .channels = image.shape[3]};
}

template <class T>
Kernel max_pooling(const graph::MaxPooling& operation,
                   const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const TensorSpec& y = signature.outputs[0];
  return {.run = [map = std::make_shared<const ImageMap>(pooling_map(
                      operation.window, size_of_image(x), size_of_image(y))),
                  extents = extents_of(operation.window, x),
                  lines = y.shape[0] * y.shape[1],
                  grain = line_grain(y)](const KernelArguments& arguments) {
    parallel_ranges(lines, grain, [&](std::int64_t first, std::int64_t last) {
      largest_lines(*map, first, last, extents, arguments.input<T>(0),
                    arguments.output<T>(0), arguments.output<std::uint8_t>(1));
    });
  }};
}

Kernel make_max_pooling(const graph::MaxPooling& operation,
                        const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return max_pooling<decltype(element)>(operation, signature);
  });
}

template <class T>
Kernel max_pooling_gradient(const graph::MaxPoolingGradient& operation,
                            const Signature& signature) {
  const TensorSpec& dy = signature.inputs[0];
  const TensorSpec& dx = signature.outputs[0];
  const auto map =
      pooling_map(operation.window, size_of_image(dx), size_of_image(dy));
  return {.run = [map = std::make_shared<const ImageMap>(
                      transposed(map, size_of_image(dx))),
                  extents = extents_of(operation.window, dy),
                  lines = dx.shape[0] * dx.shape[1],
                  count = dx.shape.elements(),
                  grain = line_grain(dx)](const KernelArguments& arguments) {
    const Output to(arguments.output<T>(0), count, extents.channels);
    parallel_ranges(lines, grain, [&](std::int64_t first, std::int64_t last) {
      collect_lines(*map, first, last, extents, arguments.input<T>(0),
                    arguments.input<std::uint8_t>(1), to);
    });
  }};
}

Kernel make_max_pooling_gradient(const graph::MaxPoolingGradient& operation,
                                 const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return max_pooling_gradient<decltype(element)>(operation, signature);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

LATHE_CPU_KERNEL(MaxPooling, make_max_pooling)
LATHE_CPU_KERNEL(MaxPoolingGradient, make_max_pooling_gradient)

namespace {

// The mean of whole images: a sum, which is dealt out to threads better than
// windows are.
Kernel global_average(const TensorSpec& x, const TensorSpec& y) {
  const Kernel sum = make(graph::ReduceSum{.target = y.shape},
                          {.inputs = {x}, .outputs = {y}});
  return {.run =
              [=, count = y.shape.elements(),
               share = 1 / static_cast<float>(x.shape[1] * x.shape[2])](
                  const KernelArguments& arguments) {
                sum.run(arguments);
                auto* mean = arguments.output<float>(0);
                for (std::int64_t i = 0; i < count; ++i) mean[i] *= share;
              },
          .workspace_bytes = sum.workspace_bytes};
}

}  // namespace

Kernel make(const graph::AveragePooling& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const TensorSpec& y = signature.outputs[0];
  if (operation.window.kernel == size_of_image(x) &&
      operation.window.padding == graph::Padding2D{}) {
    return global_average(x, y);
  }
  return weighted_sum(
      pooling_map(operation.window, size_of_image(x), size_of_image(y)), x, y);
}

Kernel make(const graph::AveragePoolingGradient& operation,
            const Signature& signature) {
  const TensorSpec& dy = signature.inputs[0];
  const TensorSpec& dx = signature.outputs[0];
  const auto map =
      pooling_map(operation.window, size_of_image(dx), size_of_image(dy));
  return weighted_sum(transposed(map, size_of_image(dx)), dy, dx);
}

}  // namespace lathe::cpu
#endif
