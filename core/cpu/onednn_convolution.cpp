#include <algorithm>
#include <array>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/onednn.h"
#include "core/cpu/target.h"
#include "core/prepared_run.h"

namespace lathe::cpu {
namespace {

using dnnl::memory;
using Forward = dnnl::convolution_forward;
using InputGradient = dnnl::convolution_backward_data;
using WeightGradient = dnnl::convolution_backward_weights;

constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kTraining = dnnl::prop_kind::forward_training;

// oneDNN's kernels for AVX2 lose up to three quarters of their speed to large
// windows over images with the channels last, whose neighbours in a column lie
// far apart; rearranging such images costs less.
ChannelLayout layout_for(const ConvolutionShape& shape) {
  const bool possible =
      shape.groups == 1 && shape.channels % 8 == 0 && shape.filters % 8 == 0;
  return !has_avx512() && possible && shape.window.kernel != graph::Size2D{}
             ? ChannelLayout::blocks_of_8
             : ChannelLayout::last;
}

memory::format_tag tag_of(ChannelLayout layout) {
  return layout == ChannelLayout::last ? memory::format_tag::nhwc
                                       : memory::format_tag::nChw8c;
}

memory::dims dims_of(const Shape& shape) {
  return {shape[0], shape[3], shape[1], shape[2]};
}

// The residual is summed from where the result will be.
dnnl::post_ops post_operations(const Epilogue& epilogue) {
  using dnnl::algorithm;
  dnnl::post_ops operations;
  if (epilogue.residual) operations.append_sum(1.0F);
  const auto append = [&](algorithm function, float alpha) {
    operations.append_eltwise(1.0F, function, alpha, 0.0F);
  };
  switch (epilogue.activation) {
    case graph::ActivationKind::linear:
      break;
    case graph::ActivationKind::relu:
      append(algorithm::eltwise_relu, 0.0F);
      break;
    case graph::ActivationKind::sigmoid:
      append(algorithm::eltwise_logistic, 0.0F);
      break;
    case graph::ActivationKind::swish:
      append(algorithm::eltwise_swish, 1.0F);
      break;
    case graph::ActivationKind::tanh:
      append(algorithm::eltwise_tanh, 0.0F);
      break;
  }
  return operations;
}

// Lets a kernel find its residual, the last input, in its output.
Kernel after_copying_residual(const Kernel& kernel, std::int64_t bytes) {
  return {.run =
              [=, run = kernel.run](const KernelArguments& arguments) {
                const auto last = arguments.inputs.size() - 1;
                const auto* from = arguments.input<std::byte>(last);
                auto* to = arguments.output<std::byte>(0);
                if (from != to) {
                  parallel_ranges(bytes, 1 << 16,
                                  [=](std::int64_t begin, std::int64_t end) {
                                    std::copy(from + begin, from + end,
                                              to + begin);
                                  });
                }
                run(arguments);
              },
          .workspace_bytes = kernel.workspace_bytes,
          .implementation = kernel.implementation};
}

// A convolution in oneDNN's terms, image and result laid out as it says.
struct Description {
  Description(const ConvolutionShape& shape, ChannelLayout layout) {
    const auto& [window, groups, batch, from, to, channels, filters, dtype] =
        shape;
    const auto type = type_of(dtype);
    image = {dims_of(shape.image_shape()), type, tag_of(layout)};
    result = {dims_of(shape.result_shape()), type, tag_of(layout)};
    given_image = {dims_of(shape.image_shape()), type,
                   memory::format_tag::nhwc};
    given_result = {dims_of(shape.result_shape()), type,
                    memory::format_tag::nhwc};
    const std::int64_t inner = channels / groups;
    const std::int64_t outer = filters / groups;
    const auto [height, width] = window.kernel;
    memory::dims dims{outer, inner, height, width};
    memory::dims transposed_dims{inner, outer, height, width};
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
    weights = {dims, type, places};
    transposed_weights = {transposed_dims, type, transposed};
    weight_gradient = {dims, memory::data_type::f32, places};
    strides = {window.strides.height, window.strides.width};
    // oneDNN counts the elements left out.
    dilation = {window.dilation.height - 1, window.dilation.width - 1};
    before = {window.padding.top, window.padding.left};
    after = {window.padding.bottom, window.padding.right};
    bias = {{filters}, type, memory::format_tag::x};
  }

  // These weights in the layout that is best for oneDNN.
  static memory::desc any(const memory::desc& weights) {
    return {weights.dims(), weights.data_type(), memory::format_tag::any};
  }

  Forward::primitive_desc forward(const Epilogue& epilogue = {}) const {
    dnnl::primitive_attr attributes = OneDnnSequence::attributes();
    attributes.set_post_ops(post_operations(epilogue));
    return {{kTraining, kDirect, image, any(weights),
             epilogue.bias ? bias : memory::desc(), result, strides, dilation,
             before, after},
            attributes,
            OneDnnSequence::engine()};
  }

  memory::desc image;
  memory::desc result;
  memory::desc given_image;
  memory::desc given_result;
  memory::desc weights;
  memory::desc transposed_weights;
  memory::desc weight_gradient;  // float32 always
  memory::desc bias;
  memory::dims strides;
  memory::dims dilation;
  memory::dims before;
  memory::dims after;
};

// `weights`: the description of input 1.
Kernel forward(const Description& description, const memory::desc& weights,
               const Epilogue& epilogue) {
  const auto primitive = description.forward(epilogue);
  const memory::desc arranged = primitive.weights_desc();
  OneDnnSequence sequence;
  OneDnnSequence::Arguments arguments{
      {DNNL_ARG_SRC,
       sequence.input_as(primitive.src_desc(), description.given_image, 0)},
      {DNNL_ARG_WEIGHTS, sequence.input(arranged, 1)},
      {DNNL_ARG_DST, sequence.output(description.result, 0)}};
  if (epilogue.bias) {
    arguments.emplace_back(DNNL_ARG_BIAS, sequence.input(description.bias, 2));
  }
  sequence.add<Forward>(primitive, std::move(arguments));
  Kernel kernel = std::move(sequence).kernel(primitive.impl_info_str());
  if (epilogue.residual) {
    kernel = after_copying_residual(
        kernel, static_cast<std::int64_t>(description.result.get_size()));
  }
  if (arranged == weights) return kernel;
  OneDnnSequence arrangement;
  arrangement.add_reorder(arrangement.input(weights, 0),
                          arrangement.output(arranged, 0));
  return prepared_kernel(std::move(arrangement).kernel("reorder"),
                         arranged.get_size(), kernel);
}

// The kernel make(epilogue), which leaves the epilogue to the pass that puts
// the channels last where that is needed anyway.
template <class Make>
Kernel in_layout(ChannelLayout layout, const TensorSpec& output,
                 const Epilogue& epilogue, Make make) {
  if (layout == ChannelLayout::last) return make(epilogue);
  return with_epilogue(make(Epilogue{}), layout, output, epilogue);
}

// The convolution that computes the input gradient of one of stride one; its
// weights are the taps in reverse, filters and channels changing roles.
ConvolutionShape reversed(const ConvolutionShape& shape) {
  const auto& [window, groups, batch, image, result, channels, filters, dtype] =
      shape;
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
                         .filters = channels,
                         .dtype = dtype};
  other.window.padding = {.top = rows - padding.top,
                          .bottom = rows - padding.bottom,
                          .left = columns - padding.left,
                          .right = columns - padding.right};
  return other;
}

// oneDNN's forward direction is the faster one and has an epilogue; but
// for single pixels there is no difference, and few filters read little. Its
// other one is wrong in bfloat16 for single pixels of an odd number of filters.
bool is_better_reversed(const ConvolutionShape& shape,
                        const Epilogue& epilogue) {
  const auto padding = reversed(shape).window.padding;
  const bool possible = shape.window.strides == graph::Size2D{} &&
                        padding.top >= 0 && padding.bottom >= 0 &&
                        padding.left >= 0 && padding.right >= 0;
  const bool is_pointwise = shape.window.kernel == graph::Size2D{};
  const bool is_wrong = shape.dtype == DType::bfloat16 && is_pointwise &&
                        shape.filters / shape.groups % 2 == 1;
  return possible &&
         (!epilogue.empty() || is_wrong || !(is_pointwise || is_narrow(shape)));
}

Kernel reversed_convolution(const ConvolutionShape& shape, ChannelLayout layout,
                            const Epilogue& epilogue) {
  const Kernel convolution =
      forward(Description(reversed(shape), layout),
              Description(shape, layout).transposed_weights, epilogue);
  const std::int64_t taps =
      shape.window.kernel.height * shape.window.kernel.width;
  const std::int64_t tap =
      shape.channels / shape.groups * shape.filters * size_of(shape.dtype);
  if (taps == 1) return convolution;
  WorkspaceLayout workspace;
  workspace.add<std::byte>(
      static_cast<std::int64_t>(convolution.workspace_bytes));
  const auto place = workspace.add<std::byte>(taps * tap);
  return {.run =
              [=, run = convolution.run](const KernelArguments& arguments) {
                const auto* w = arguments.input<std::byte>(1);
                auto* flipped = place.in(arguments.workspace);
                parallel_tasks(taps, [=](std::int64_t i) {
                  std::copy_n(w + i * tap, tap, flipped + (taps - 1 - i) * tap);
                });
                std::array<void*, 4> inputs{};
                std::copy(arguments.inputs.begin(), arguments.inputs.end(),
                          inputs.begin());
                inputs[1] = flipped;
                run({.inputs = {inputs.data(), arguments.inputs.size()},
                     .outputs = arguments.outputs,
                     .workspace = arguments.workspace});
              },
          .workspace_bytes = workspace.bytes(),
          .implementation = convolution.implementation};
}

Kernel input_gradient(const ConvolutionShape& shape, ChannelLayout layout) {
  const Description description(shape, layout);
  const InputGradient::primitive_desc primitive(
      {kDirect, description.image, Description::any(description.weights),
       description.result, description.strides, description.dilation,
       description.before, description.after},
      OneDnnSequence::attributes(), OneDnnSequence::engine(),
      description.forward());
  OneDnnSequence sequence;
  const auto weights =
      sequence.input_as(primitive.weights_desc(), description.weights, 1);
  const auto result =
      sequence.input_as(description.result, description.given_result, 0);
  sequence.add<InputGradient>(
      primitive, {{DNNL_ARG_DIFF_DST, result},
                  {DNNL_ARG_WEIGHTS, weights},
                  {DNNL_ARG_DIFF_SRC, sequence.output(description.image, 0)}});
  return std::move(sequence).kernel(primitive.impl_info_str());
}

Kernel weight_gradient(const ConvolutionShape& shape) {
  const Description description(shape, layout_for(shape));
  const WeightGradient::primitive_desc primitive(
      {kDirect, description.image,
       Description::any(description.weight_gradient), description.result,
       description.strides, description.dilation, description.before,
       description.after},
      OneDnnSequence::attributes(), OneDnnSequence::engine(),
      description.forward());
  OneDnnSequence sequence;
  const auto target = sequence.output(description.weight_gradient, 0);
  const auto computed = primitive.diff_weights_desc();
  const bool direct = computed == description.weight_gradient;
  const auto gradient = direct ? target : sequence.temporary(computed);
  sequence.add<WeightGradient>(
      primitive,
      {{DNNL_ARG_SRC,
        sequence.input_as(description.image, description.given_image, 0)},
       {DNNL_ARG_DIFF_DST,
        sequence.input_as(description.result, description.given_result, 1)},
       {DNNL_ARG_DIFF_WEIGHTS, gradient}});
  if (!direct) sequence.add_reorder(gradient, target);
  return std::move(sequence).kernel(primitive.impl_info_str());
}

// Whether windows of one pixel skip others.
bool skips_pixels(const ConvolutionShape& shape) {
  return shape.window.kernel == graph::Size2D{} &&
         shape.window.strides != graph::Size2D{} &&
         shape.window.padding == graph::Padding2D{};
}

// Gathers the pixels that are met before it runs `make` of a shape without
// strides: oneDNN 2.6 does so in memory that its threads share, where its
// kernel for AVX2 loses some.
template <class Make>
Kernel after_gathering(const ConvolutionShape& shape, Make make) {
  ConvolutionShape met = shape;
  met.window.strides = {};
  met.image = shape.result;
  const Kernel kernel = make(met);
  WorkspaceLayout workspace;
  workspace.add<std::byte>(static_cast<std::int64_t>(kernel.workspace_bytes));
  const std::int64_t pixel_bytes = shape.channels * size_of(shape.dtype);
  const auto place = workspace.add<std::byte>(met.image_shape().elements() /
                                              shape.channels * pixel_bytes);
  return {
      .run =
          [=, run = kernel.run](const KernelArguments& arguments) {
            const auto* x = arguments.input<std::byte>(0);
            auto* gathered = place.in(arguments.workspace);
            // Clang 14 takes no parts of these into a function within.
            const std::int64_t rows = shape.window.strides.height;
            const std::int64_t columns = shape.window.strides.width;
            const std::int64_t height = shape.result.height;
            const std::int64_t width = shape.result.width;
            parallel_tasks(shape.batch * height, [&](std::int64_t i) {
              const std::int64_t line =
                  i / height * shape.image.height + i % height * rows;
              for (std::int64_t w = 0; w < width; ++w) {
                const std::int64_t pixel =
                    line * shape.image.width + w * columns;
                std::copy_n(x + pixel * pixel_bytes, pixel_bytes,
                            gathered + (i * width + w) * pixel_bytes);
              }
            });
            const std::array<void*, 2> inputs{gathered, arguments.inputs[1]};
            run({.inputs = inputs,
                 .outputs = arguments.outputs,
                 .workspace = arguments.workspace});
          },
      .workspace_bytes = workspace.bytes(),
      .implementation = kernel.implementation};
}

}  // namespace

Kernel onednn_convolution(const ConvolutionShape& shape,
                          const Epilogue& epilogue) {
  const ChannelLayout layout = layout_for(shape);
  const Description description(shape, layout);
  return in_layout(layout, {shape.result_shape(), shape.dtype}, epilogue,
                   [&](const Epilogue& own) {
                     return forward(description, description.weights, own);
                   });
}

bool onednn_arranges_alike(const ConvolutionShape& a, const ConvolutionShape& b,
                           const Epilogue& epilogue) {
  const auto arranged = [&](const ConvolutionShape& shape) {
    return Description(shape, layout_for(shape))
        .forward(epilogue)
        .weights_desc();
  };
  return arranged(a) == arranged(b);
}

Kernel onednn_input_gradient(const ConvolutionShape& shape,
                             const Epilogue& epilogue) {
  const ChannelLayout layout = layout_for(shape);
  const TensorSpec image{shape.image_shape(), shape.dtype};
  if (is_better_reversed(shape, epilogue)) {
    return in_layout(layout, image, epilogue, [&](const Epilogue& own) {
      return reversed_convolution(shape, layout, own);
    });
  }
  // oneDNN has no epilogue in this direction.
  return with_epilogue(input_gradient(shape, layout), layout, image, epilogue);
}

Kernel onednn_weight_gradient(const ConvolutionShape& shape) {
  return skips_pixels(shape) ? after_gathering(shape, weight_gradient)
                             : weight_gradient(shape);
}

}  // namespace lathe::cpu
