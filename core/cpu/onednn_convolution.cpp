#include <algorithm>
#include <array>

#include "core/cpu/convolution.h"
#include "core/cpu/onednn.h"

namespace lathe::cpu {
namespace {

using dnnl::memory;
using Forward = dnnl::convolution_forward;
using InputGradient = dnnl::convolution_backward_data;
using WeightGradient = dnnl::convolution_backward_weights;
using Transposed = dnnl::deconvolution_forward;

constexpr auto kFloat = memory::data_type::f32;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kTraining = dnnl::prop_kind::forward_training;

// A convolution in oneDNN's terms.
struct Description {
  explicit Description(const ConvolutionShape& shape) {
    const auto& [window, groups, batch, from, to, channels, filters] = shape;
    image = {{batch, channels, from.height, from.width},
             kFloat,
             memory::format_tag::nhwc};
    result = {{batch, filters, to.height, to.width},
              kFloat,
              memory::format_tag::nhwc};
    const std::int64_t inner = channels / groups;
    const std::int64_t outer = filters / groups;
    const auto [height, width] = window.kernel;
    dims = {outer, inner, height, width};
    transposed_dims = {inner, outer, height, width};
    // The memory of Keras' (height, width, inner, filters).
    memory::dims places{1, filters, width * inner * filters, inner * filters};
    memory::dims transposed{filters, 1, places[2], places[3]};
    if (groups > 1) {
      for (auto* extents : {&dims, &transposed_dims}) {
        extents->insert(extents->begin(), groups);
      }
      for (auto* steps : {&places, &transposed}) {
        steps->insert(steps->begin(), outer);
      }
    }
    weights = {dims, kFloat, places};
    transposed_weights = {transposed_dims, kFloat, transposed};
    strides = {window.strides.height, window.strides.width};
    // oneDNN counts the elements left out.
    dilation = {window.dilation.height - 1, window.dilation.width - 1};
    before = {window.padding.top, window.padding.left};
    after = {window.padding.bottom, window.padding.right};
    image_bias = {{channels}, kFloat, memory::format_tag::x};
    result_bias = {{filters}, kFloat, memory::format_tag::x};
  }

  memory::desc any_weights() const {
    return {dims, kFloat, memory::format_tag::any};
  }

  Forward::primitive_desc forward(const memory::desc& bias) const {
    return {{kTraining, kDirect, image, any_weights(), bias, result, strides,
             dilation, before, after},
            OneDnnSequence::attributes(),
            OneDnnSequence::engine()};
  }

  memory::desc image;
  memory::desc result;
  memory::dims dims;
  memory::dims transposed_dims;
  memory::desc weights;
  memory::desc transposed_weights;
  memory::desc image_bias;
  memory::desc result_bias;
  memory::dims strides;
  memory::dims dilation;
  memory::dims before;
  memory::dims after;
};

// `weights`: the description of input 1.
Kernel forward(const Description& description, const memory::desc& weights,
               bool has_bias) {
  const auto primitive =
      description.forward(has_bias ? description.result_bias : memory::desc());
  OneDnnSequence sequence;
  OneDnnSequence::Arguments arguments{
      {DNNL_ARG_SRC, sequence.input(description.image, 0)},
      {DNNL_ARG_WEIGHTS,
       sequence.input_as(primitive.weights_desc(), weights, 1)},
      {DNNL_ARG_DST, sequence.output(description.result, 0)}};
  if (has_bias) {
    arguments.emplace_back(DNNL_ARG_BIAS,
                           sequence.input(description.result_bias, 2));
  }
  sequence.add<Forward>(primitive, std::move(arguments));
  return std::move(sequence).kernel(primitive.impl_info_str());
}

// oneDNN's convolution has no bias in this direction; its deconvolution has.
Kernel transposed_convolution(const Description& description) {
  const Transposed::primitive_desc primitive(
      {kTraining, dnnl::algorithm::deconvolution_direct, description.result,
       memory::desc(description.transposed_dims, kFloat,
                    memory::format_tag::any),
       description.image_bias, description.image, description.strides,
       description.dilation, description.before, description.after},
      OneDnnSequence::attributes(), OneDnnSequence::engine());
  OneDnnSequence sequence;
  const auto weights = sequence.input_as(primitive.weights_desc(),
                                         description.transposed_weights, 1);
  sequence.add<Transposed>(
      primitive, {{DNNL_ARG_SRC, sequence.input(description.result, 0)},
                  {DNNL_ARG_WEIGHTS, weights},
                  {DNNL_ARG_BIAS, sequence.input(description.image_bias, 2)},
                  {DNNL_ARG_DST, sequence.output(description.image, 0)}});
  return std::move(sequence).kernel(primitive.impl_info_str());
}

// The convolution that computes the input gradient of one of stride one; its
// weights are the taps in reverse, filters and channels changing roles.
ConvolutionShape reversed(const ConvolutionShape& shape) {
  const auto& [window, groups, batch, image, result, channels, filters] = shape;
  const auto& padding = window.padding;
  const std::int64_t rows = (window.kernel.height - 1) * window.dilation.height;
  const std::int64_t columns =
      (window.kernel.width - 1) * window.dilation.width;
  ConvolutionShape other{.window = window,
                         .groups = groups,
                         .batch = batch,
                         .image = result,
                         .result = image,
                         .channels = filters,
                         .filters = channels};
  other.window.padding = {.top = rows - padding.top,
                          .bottom = rows - padding.bottom,
                          .left = columns - padding.left,
                          .right = columns - padding.right};
  return other;
}

// oneDNN's forward direction is the faster one and adds a bias in passing; but
// for single pixels there is no difference, and few filters read little.
bool is_better_reversed(const ConvolutionShape& shape, bool has_bias) {
  const auto padding = reversed(shape).window.padding;
  const bool possible = shape.window.strides == graph::Size2D{} &&
                        padding.top >= 0 && padding.bottom >= 0 &&
                        padding.left >= 0 && padding.right >= 0;
  const bool is_pointwise = shape.window.kernel == graph::Size2D{};
  return possible && (has_bias || !(is_pointwise || is_narrow(shape)));
}

Kernel reversed_convolution(const ConvolutionShape& shape, bool has_bias) {
  const Kernel convolution =
      forward(Description(reversed(shape)),
              Description(shape).transposed_weights, has_bias);
  const std::int64_t taps =
      shape.window.kernel.height * shape.window.kernel.width;
  const std::int64_t tap = shape.channels / shape.groups * shape.filters;
  if (taps == 1) return convolution;
  const auto place = convolution.workspace_bytes;
  return {.run =
              [=, run = convolution.run](const KernelArguments& arguments) {
                const auto* w = arguments.input<float>(1);
                const auto flipped =
                    WorkspaceArray<float>{place}.in(arguments.workspace);
                parallel_tasks(taps, [=](std::int64_t i) {
                  std::copy_n(w + i * tap, tap, flipped + (taps - 1 - i) * tap);
                });
                const std::array<void*, 3> inputs{
                    arguments.inputs[0], flipped,
                    has_bias ? arguments.inputs[2] : nullptr};
                run({.inputs = {inputs.data(), arguments.inputs.size()},
                     .outputs = arguments.outputs,
                     .workspace = arguments.workspace});
              },
          .workspace_bytes =
              place + static_cast<std::size_t>(taps * tap) * sizeof(float),
          .implementation = convolution.implementation};
}

}  // namespace

Kernel onednn_convolution(const ConvolutionShape& shape, bool has_bias) {
  const Description description(shape);
  return forward(description, description.weights, has_bias);
}

Kernel onednn_input_gradient(const ConvolutionShape& shape, bool has_bias) {
  if (is_better_reversed(shape, has_bias)) {
    return reversed_convolution(shape, has_bias);
  }
  const Description description(shape);
  if (has_bias) return transposed_convolution(description);
  const InputGradient::primitive_desc primitive(
      {kDirect, description.image, description.any_weights(),
       description.result, description.strides, description.dilation,
       description.before, description.after},
      OneDnnSequence::attributes(), OneDnnSequence::engine(),
      description.forward({}));
  OneDnnSequence sequence;
  const auto weights =
      sequence.input_as(primitive.weights_desc(), description.weights, 1);
  sequence.add<InputGradient>(
      primitive, {{DNNL_ARG_DIFF_DST, sequence.input(description.result, 0)},
                  {DNNL_ARG_WEIGHTS, weights},
                  {DNNL_ARG_DIFF_SRC, sequence.output(description.image, 0)}});
  return std::move(sequence).kernel(primitive.impl_info_str());
}

Kernel onednn_weight_gradient(const ConvolutionShape& shape) {
  const Description description(shape);
  const WeightGradient::primitive_desc primitive(
      {kDirect, description.image, description.any_weights(),
       description.result, description.strides, description.dilation,
       description.before, description.after},
      OneDnnSequence::attributes(), OneDnnSequence::engine(),
      description.forward({}));
  OneDnnSequence sequence;
  const auto target = sequence.output(description.weights, 0);
  const auto computed = primitive.diff_weights_desc();
  const bool direct = computed == description.weights;
  const auto gradient = direct ? target : sequence.temporary(computed);
  sequence.add<WeightGradient>(
      primitive, {{DNNL_ARG_SRC, sequence.input(description.image, 0)},
                  {DNNL_ARG_DIFF_DST, sequence.input(description.result, 1)},
                  {DNNL_ARG_DIFF_WEIGHTS, gradient}});
  if (!direct) sequence.add_reorder(gradient, target);
  return std::move(sequence).kernel(primitive.impl_info_str());
}

}  // namespace lathe::cpu
