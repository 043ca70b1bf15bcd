// Lines of the image are expanded when the first window meets them, into a ring
// of as many as a row of windows needs, with the zeros on both sides: no part
// of the expanded image leaves the core's cache.
#include <algorithm>
#include <optional>

#include "core/cpu/activate_rows.h"
#include "core/cpu/kernels.h"
#include "core/cpu/pixel_products.h"
#include "core/cpu/requirements.h"
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
  std::int64_t slots;

  Expansion(const ConvolutionShape& depthwise, std::int64_t channels)
      : shape(depthwise), inner(channels) {
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
  const T* w;  // where T is multiplied in pairs, pairs of rows together
  const float* bias;
  const float* taps;
  const float* tap_bias;  // null without one
  T* y;
  void* workspace;
};

/// The weights of an expansion as kernels take them: those of BFloat16 arranged
/// anew or as floats, in the workspace.
template <class T>
class ExpansionWeights {
 public:
  ExpansionWeights(const Expansion& form, bool has_tap_bias,
                   WorkspaceLayout& workspace)
      : inner_(form.inner),
        channels_(form.shape.channels),
        taps_(form.shape.window.kernel.height * form.shape.window.kernel.width *
              channels_),
        has_tap_bias_(has_tap_bias) {
    if constexpr (!kAreFloats) {
      pairs_ = workspace.add<T>(inner_ * channels_);
      floats_ = workspace.add<float>(taps_ + 2 * channels_);
    }
  }

  Operands<T> in(const KernelArguments& call) const {
    Operands<T> operands{.x = call.input<T>(0),
                         .y = call.output<T>(0),
                         .workspace = call.workspace};
    const T* tap_bias = has_tap_bias_ ? call.input<T>(4) : nullptr;
    if constexpr (kAreFloats) {
      operands.w = call.input<T>(1);
      operands.bias = call.input<T>(2);
      operands.taps = call.input<T>(3);
      operands.tap_bias = tap_bias;
    } else {
      operands.w = arrange(call.input<T>(1), pairs_.in(call.workspace));
      float* to = floats_.in(call.workspace);
      const auto as_floats = [&](const T* from, std::int64_t count) {
        std::copy_n(from, count, to);
        to += count;
        return to - count;
      };
      operands.bias = as_floats(call.input<T>(2), channels_);
      operands.taps = as_floats(call.input<T>(3), taps_);
      if (has_tap_bias_) operands.tap_bias = as_floats(tap_bias, channels_);
    }
    return operands;
  }

 private:
  static constexpr bool kAreFloats = std::is_same_v<T, float>;

  const T* arrange(const T* w, T* to) const {
    constexpr std::int64_t kTogether = Factors<T>::kTogether;
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
  std::int64_t taps_;
  bool has_tap_bias_;
  WorkspaceArray<T> pairs_;
  WorkspaceArray<float> floats_;
};

template <class T, std::int64_t kSize, std::int64_t kStride>
struct ExpandedRows {
  Expansion form;
  DepthwiseRows<kSize, kStride> rows;
  Activate expand;
  Activate activate;
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
      activate(y, y, count);
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
    add_product<T>({.rows = width,
                    .columns = shape.channels,
                    .inner = form.inner / Factors<T>::kTogether,
                    .a = x,
                    .a_row = form.inner,
                    .a_inner = Factors<T>::kTogether,
                    .b = o.w,
                    .c = y,
                    .ahead = &ahead,
                    .start = o.bias});
    expand(y, y, width * shape.channels);
  }
};

template <class T>
Kernel expanded(const ConvolutionShape& depthwise, std::int64_t inner,
                bool has_tap_bias,
                const graph::ExpandedConvolution& operation) {
  const Expansion form(depthwise, inner);
  WorkspaceLayout workspace;
  const auto rings = workspace.add<T>(form.slots * form.ring_elements());
  const ExpansionWeights<T> weights(form, has_tap_bias, workspace);
  std::optional<ImageMeans> means;
  if (operation.means) means.emplace(depthwise.result_shape(), workspace);
  return with_depthwise_window(depthwise.window, [&](auto size, auto stride) {
    const ExpandedRows<T, size(), stride()> rows{
        .form = form,
        .rows = DepthwiseRows<size(), stride()>(form.ringed()),
        .expand = activate_rows(operation.expansion, depthwise.dtype),
        .activate = activate_rows(operation.activation, depthwise.dtype),
        .means = means};
    return Kernel{.run =
                      [=](const KernelArguments& call) {
                        const Operands<T> operands = weights.in(call);
                        const std::int64_t tasks =
                            form.shape.batch * form.strips();
                        parallel_tasks(form.slots, [&](std::int64_t slot) {
                          T* ring = rings.in(call.workspace) +
                                    slot * form.ring_elements();
                          std::fill_n(ring, form.ring_elements(), T(0.0F));
                          for (std::int64_t task = tasks * slot / form.slots;
                               task < tasks * (slot + 1) / form.slots; ++task) {
                            rows.compute(task, operands, ring);
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
