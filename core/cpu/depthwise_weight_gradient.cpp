// The weight gradient of depthwise convolutions, row by row of dy.
#include "core/cpu/depthwise.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_gradient_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

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
    const DepthwiseWeightRows<size(), stride(), T> rows{shape};
    const auto run = [=](const KernelArguments& arguments) {
      const auto* x = arguments.input<T>(0);
      const auto* dy = arguments.input<T>(1);
      auto* dw = arguments.output<float>(0);
      auto* partials = partial.in(arguments.workspace);
      const std::int64_t height = shape.result.height;
      const std::int64_t line = shape.image.width * shape.channels;
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
          const std::int64_t top =
              i % height * stride() - shape.window.padding.top;
          rows.compute(
              lines_of<size()>(x + i / height * shape.image.height * line, top,
                               shape.image.height, line),
              Bounds(top, size(), shape.image.height),
              dy + i * shape.result.width * shape.channels, true, begin, end,
              to);
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
