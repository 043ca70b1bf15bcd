// Lines of the image are expanded when the first window meets them, into a ring
// of as many as a row of windows needs and a few more, with the zeros on both
// sides: no part of the expanded image leaves the core's cache.
#include <algorithm>

#include "core/cpu/activate_rows.h"
#include "core/cpu/kernels.h"
#include "core/cpu/pixel_products.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/expanded_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Of the depthwise convolution; `inner` channels are expanded.
struct Expansion {
  ConvolutionShape shape;
  std::int64_t inner;
  std::int64_t chunk;  // lines that are expanded at a time
  std::int64_t lines;  // of the ring
  std::int64_t strip;  // rows of results of a task
  std::int64_t slots;

  Expansion(const ConvolutionShape& depthwise, std::int64_t channels)
      : shape(depthwise), inner(channels) {
    // A chunk fills a quarter of a cache of 512 kB.
    constexpr std::int64_t kFloats = 32 << 10;
    chunk = std::clamp(kFloats / (shape.image.width * shape.channels),
                       std::int64_t{1}, shape.image.height);
    lines = chunk + shape.window.kernel.height - 1;
    // Between tasks of an image some lines are expanded twice.
    constexpr std::int64_t kTasks = 4;
    constexpr std::int64_t kLeast = 8;
    const std::int64_t height = shape.result.height;
    const std::int64_t tasks =
        (kTasks * thread_count() + shape.batch - 1) / shape.batch;
    strip = std::min(std::max((height + tasks - 1) / tasks, kLeast), height);
    slots = slots_for(shape.batch * strips());
  }

  std::int64_t strips() const {
    return (shape.result.height + strip - 1) / strip;
  }
  std::int64_t padded_width() const {
    const auto& padding = shape.window.padding;
    return shape.image.width + padding.left + padding.right;
  }
  std::int64_t line() const { return padded_width() * shape.channels; }
  std::int64_t chunk_floats() const {
    return chunk * shape.image.width * shape.channels;
  }
  std::int64_t scratch_floats() const {
    return chunk_floats() + lines * line();
  }

  // The depthwise convolution of what lies in the ring.
  ConvolutionShape ringed() const {
    ConvolutionShape result = shape;
    result.image.width = padded_width();
    result.window.padding.left = result.window.padding.right = 0;
    return result;
  }
};

struct Operands {
  const float* x;
  const void* w;
  const float* bias;
  const float* taps;
  const float* tap_bias;
  float* y;
};

template <std::int64_t kSize, std::int64_t kStride>
struct ExpandedRows {
  Expansion form;
  DepthwiseRows<kSize, kStride> rows;
  PixelProducts products;
  Activate expand;
  Activate activate;

  // A strip of the results of one image. `scratch`: of a slot, the sides of the
  // ring's lines being zeros.
  void compute(std::int64_t task, std::int64_t slot, const Operands& o,
               float* scratch, void* memory) const {
    const ConvolutionShape& shape = form.shape;
    const std::int64_t image = task / form.strips();
    const std::int64_t begin = task % form.strips() * form.strip;
    const std::int64_t end = std::min(begin + form.strip, shape.result.height);
    const std::int64_t height = shape.image.height;
    float* ring = scratch + form.chunk_floats();
    const auto top_of = [&](std::int64_t row) {
      return row * kStride - shape.window.padding.top;
    };
    std::int64_t ready = std::max<std::int64_t>(top_of(begin), 0);
    const std::int64_t last = std::min(top_of(end - 1) + kSize, height);
    const std::int64_t count = shape.result.width * shape.channels;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t top = top_of(row);
      while (ready < std::min(top + kSize, height)) {
        const std::int64_t some = std::min(form.chunk, last - ready);
        expand_lines(image, ready, some, slot, o, scratch, memory);
        ready += some;
      }
      Lines<kSize> lines{};
      for (std::int64_t i = 0; i < kSize; ++i) {
        if (top + i < 0 || top + i >= height) continue;
        lines[static_cast<std::size_t>(i)] =
            ring + (top + i) % form.lines * form.line();
      }
      float* y = o.y + (image * shape.result.height + row) * count;
      rows.compute(lines, o.taps, o.tap_bias, false, y);
      activate(y, y, count);
    }
  }

  void expand_lines(std::int64_t image, std::int64_t first, std::int64_t count,
                    std::int64_t slot, const Operands& o, float* scratch,
                    void* memory) const {
    const ConvolutionShape& shape = form.shape;
    const std::int64_t width = shape.image.width;
    const float* x =
        o.x + (image * shape.image.height + first) * width * form.inner;
    const bool whole = count == form.chunk;
    for (std::int64_t i = 0; i < count; i += whole ? count : 1) {
      products.run(slot, whole ? 0 : 1,
                   {.x = x + i * width * form.inner,
                    .w = o.w,
                    .bias = o.bias,
                    .y = scratch + i * width * shape.channels},
                   memory);
    }
    float* ring = scratch + form.chunk_floats();
    for (std::int64_t i = 0; i < count; ++i) {
      float* to = ring + (first + i) % form.lines * form.line() +
                  shape.window.padding.left * shape.channels;
      expand(scratch + i * width * shape.channels, to, width * shape.channels);
    }
  }
};

Kernel make_expanded(const ConvolutionShape& depthwise, std::int64_t inner,
                     const graph::ExpandedConvolution& operation) {
  const Expansion form(depthwise, inner);
  const std::int64_t width = depthwise.image.width;
  const PixelProducts products(inner, depthwise.channels, true,
                               {form.chunk * width, width}, form.slots);
  WorkspaceLayout workspace;
  const auto scratch = workspace.add<float>(form.slots * form.scratch_floats());
  const auto memory =
      workspace.add<std::byte>(form.slots * products.workspace_bytes());
  return with_depthwise_window(depthwise.window, [&](auto size, auto stride) {
    const ExpandedRows<size(), stride()> rows{
        .form = form,
        .rows = DepthwiseRows<size(), stride()>(form.ringed()),
        .products = products,
        .expand = activate_rows(operation.expansion, DType::float32),
        .activate = activate_rows(operation.activation, DType::float32)};
    return products.kernel(
        {.run =
             [=](const KernelArguments& call) {
               const Operands operands{.x = call.input<float>(0),
                                       .w = call.inputs[1],
                                       .bias = call.input<float>(2),
                                       .taps = call.input<float>(3),
                                       .tap_bias = call.input<float>(4),
                                       .y = call.output<float>(0)};
               const std::int64_t tasks = form.shape.batch * form.strips();
               parallel_tasks(form.slots, [&](std::int64_t slot) {
                 float* own =
                     scratch.in(call.workspace) + slot * form.scratch_floats();
                 void* other = memory.in(call.workspace) +
                               slot * products.workspace_bytes();
                 std::fill_n(own + form.chunk_floats(),
                             form.lines * form.line(), 0.0F);
                 for (std::int64_t task = tasks * slot / form.slots;
                      task < tasks * (slot + 1) / form.slots; ++task) {
                   rows.compute(task, slot, operands, own, other);
                 }
               });
             },
         .workspace_bytes = workspace.bytes(),
         .implementation = "own+"});
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_expanded);

Kernel make(const graph::ExpandedConvolution& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Shape& x = signature.inputs[0].shape;
  const Shape& y = signature.outputs[0].shape;
  const ConvolutionShape depthwise{.window = operation.window,
                                   .groups = y[3],
                                   .batch = x[0],
                                   .image = {.height = x[1], .width = x[2]},
                                   .result = {.height = y[1], .width = y[2]},
                                   .channels = y[3],
                                   .filters = y[3]};
  return HWY_DYNAMIC_DISPATCH(make_expanded)(depthwise, x[3], operation);
}

}  // namespace lathe::cpu
#endif
