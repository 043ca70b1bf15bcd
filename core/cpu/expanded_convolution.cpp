// Lines of the image are expanded when the first window meets them, into a ring
// of as many as a row of windows needs, with the zeros on both sides: no part
// of the expanded image leaves the core's cache.
#include <algorithm>
#include <optional>

#include "core/cpu/float_input.h"
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/strips.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/expanded_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_rows.h"
#include "core/cpu/image_means.h"
#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Of the depthwise convolution; `inner` channels are expanded.
struct Expansion {
  ConvolutionShape shape;
  std::int64_t inner;
  std::int64_t strip;  // rows of results of a task
  std::int64_t workers;

  Expansion(const ConvolutionShape& depthwise, std::int64_t channels)
      : shape(depthwise),
        inner(channels),
        strip(strip_for(shape.result.height, shape.batch)),
        workers(workers_for(tasks())) {}

  std::int64_t strips() const {
    return (shape.result.height + strip - 1) / strip;
  }
  std::int64_t tasks() const { return shape.batch * strips(); }
  std::int64_t padded_width() const {
    const auto& padding = shape.window.padding;
    return shape.image.width + padding.left + padding.right;
  }
  std::int64_t line() const { return padded_width() * shape.channels; }
  std::int64_t ring_elements() const {
    return shape.window.kernel.height * line();
  }

  // The depthwise convolution of what lies in the ring.
  ConvolutionShape ringed() const {
    ConvolutionShape result = shape;
    result.image.width = padded_width();
    result.window.padding.left = result.window.padding.right = 0;
    return result;
  }
};

template <class T>
struct Operands {
  const T* x;
  const T* w;  // as TileProduct takes it
  const float* bias;
  const float* taps;
  const float* tap_bias;  // null without one
  T* y;
  void* workspace;
};

/// What a kernel works with: from the inputs of a call, and where the weights
/// of the expansion are multiplied in pairs, these arranged so in its
/// workspace.
template <class T>
class OperandsOf {
 public:
  OperandsOf(const Expansion& form, bool has_tap_bias,
             WorkspaceLayout& workspace)
      : inner_(form.inner),
        channels_(form.shape.channels),
        arranged_(workspace.add<T>(kIsArranged ? inner_ * channels_ : 0)),
        bias_(2, channels_, workspace),
        taps_(3, taps_of(form.shape), workspace),
        tap_bias_(4, has_tap_bias ? channels_ : 0, workspace) {}

  Operands<T> in(const KernelArguments& call) const {
    return {.x = call.input<T>(0),
            .w = kIsArranged ? arrange(call) : call.input<T>(1),
            .bias = bias_.in(call),
            .taps = taps_.in(call),
            .tap_bias = tap_bias_.in(call),
            .y = call.output<T>(0),
            .workspace = call.workspace};
  }

 private:
  static constexpr std::int64_t kTogether = Factors<T>::kTogether;
  static constexpr bool kIsArranged = kTogether > 1;

  const T* arrange(const KernelArguments& call) const {
    const T* w = call.input<T>(1);
    T* to = arranged_.in(call.workspace);
    for (std::int64_t k = 0; k < inner_; ++k) {
      T* group = to + (k - k % kTogether) * channels_ + k % kTogether;
      for (std::int64_t c = 0; c < channels_; ++c) {
        group[c * kTogether] = w[k * channels_ + c];
      }
    }
    return to;
  }

  std::int64_t inner_;
  std::int64_t channels_;
  WorkspaceArray<T> arranged_;
  FloatInput<T> bias_;
  FloatInput<T> taps_;
  FloatInput<T> tap_bias_;
};

template <class T, std::int64_t kSize, std::int64_t kStride>
struct ExpandedRows {
  Expansion form;
  DepthwiseRows<kSize, kStride> rows;
  Product<T> expand;
  std::optional<ImageMeans> means;

  // A strip of the results of one image. The sides of the ring's lines are
  // zeros.
  void compute(std::int64_t task, const Operands<T>& o, T* ring) const {
    const ConvolutionShape& shape = form.shape;
    const std::int64_t image = task / form.strips();
    const std::int64_t begin = task % form.strips() * form.strip;
    const std::int64_t end = std::min(begin + form.strip, shape.result.height);
    const std::int64_t height = shape.image.height;
    const auto top_of = [&](std::int64_t row) {
      return row * kStride - shape.window.padding.top;
    };
    std::int64_t ready = std::max<std::int64_t>(top_of(begin), 0);
    const std::int64_t count = shape.result.width * shape.channels;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t top = top_of(row);
      for (; ready < std::min(top + kSize, height); ++ready) {
        expand_line(image * height + ready, o,
                    ring + ready % kSize * form.line());
      }
      Lines<kSize, T> lines{};
      for (std::int64_t i = 0; i < kSize; ++i) {
        if (top + i < 0 || top + i >= height) continue;
        lines[static_cast<std::size_t>(i)] =
            ring + (top + i) % kSize * form.line();
      }
      T* y = o.y + (image * shape.result.height + row) * count;
      rows.compute(lines, o.taps, o.tap_bias, false, y);
      if (means) {
        means->add_row(o.workspace, image * shape.result.height + row, y);
      }
    }
  }

  void expand_line(std::int64_t line, const Operands<T>& o, T* to) const {
    const ConvolutionShape& shape = form.shape;
    const std::int64_t width = shape.image.width;
    const std::int64_t count = width * form.inner;
    const T* x = o.x + line * count;
    T* y = to + shape.window.padding.left * shape.channels;
    Ahead ahead(x + count, x + count + count / 2, count / 2);
    expand({.rows = width,
            .columns = shape.channels,
            .inner = form.inner / Factors<T>::kTogether,
            .a = x,
            .a_row = form.inner,
            .a_inner = Factors<T>::kTogether,
            .b = o.w,
            .c = y,
            .ahead = &ahead,
            .start = o.bias});
  }
};

template <class T>
Kernel expanded(const ConvolutionShape& depthwise, std::int64_t inner,
                bool has_tap_bias,
                const graph::ExpandedConvolution& operation) {
  const Expansion form(depthwise, inner);
  WorkspaceLayout workspace;
  const auto rings = workspace.add<T>(form.workers * form.ring_elements());
  const OperandsOf<T> operands(form, has_tap_bias, workspace);
  std::optional<ImageMeans> means;
  if (operation.means) means.emplace(depthwise.result_shape(), workspace);
  return with_depthwise_window(depthwise.window, [&](auto size, auto stride) {
    const ExpandedRows<T, size(), stride()> rows{
        .form = form,
        .rows = DepthwiseRows<size(), stride()>(form.ringed(),
                                                operation.activation),
        .expand = product_with<T>(operation.expansion),
        .means = means};
    return Kernel{.run =
                      [=](const KernelArguments& call) {
                        const Operands<T> given = operands.in(call);
                        parallel_workers(
                            form.tasks(), form.workers,
                            [&](std::int64_t worker, Tasks mine) {
                              T* ring = rings.in(call.workspace) +
                                        worker * form.ring_elements();
                              std::fill_n(ring, form.ring_elements(), T{});
                              while (const auto task = mine.next()) {
                                rows.compute(*task, given, ring);
                              }
                            });
                        if (means)
                          means->finish(call.workspace, call.output<float>(1));
                      },
                  .workspace_bytes = workspace.bytes()};
  });
}

Kernel make_expanded(const ConvolutionShape& depthwise, std::int64_t inner,
                     bool has_tap_bias,
                     const graph::ExpandedConvolution& operation) {
  return with_element(operation.kName, {{}, depthwise.dtype},
                      [&](auto element) {
                        return expanded<decltype(element)>(
                            depthwise, inner, has_tap_bias, operation);
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
  require_element(operation.kName, signature.inputs[0]);
  const Shape& x = signature.inputs[0].shape;
  const Shape& y = signature.outputs[0].shape;
  const ConvolutionShape depthwise{.window = operation.window,
                                   .groups = y[3],
                                   .batch = x[0],
                                   .image = {.height = x[1], .width = x[2]},
                                   .result = {.height = y[1], .width = y[2]},
                                   .channels = y[3],
                                   .filters = y[3],
                                   .dtype = signature.inputs[0].dtype};
  return HWY_DYNAMIC_DISPATCH(make_expanded)(
      depthwise, x[3], signature.inputs.size() == 5, operation);
}

}  // namespace lathe::cpu
#endif
