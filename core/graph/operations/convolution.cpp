#include "core/graph/operations/convolution.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

std::int64_t visits(std::string_view operation, std::int64_t image,
                    std::int64_t before, std::int64_t after,
                    std::int64_t kernel, std::int64_t dilation,
                    std::int64_t stride) {
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const std::int64_t room = image + before + after - reach;
  if (kernel < 1 || dilation < 1 || stride < 1 || room < 0) {
    fail(operation, ": a window of ", kernel, " with dilation ", dilation,
         " and stride ", stride, " does not fit an image side of ", image,
         " with padding ", before, " and ", after);
  }
  return room / stride + 1;
}

// Elements of the weights of a convolution from `channels` to `filters`.
std::int64_t weight_elements(const Window2D& window, std::int64_t channels,
                             std::int64_t filters, std::int64_t groups) {
  return window.kernel.height * window.kernel.width * (channels / groups) *
         filters;
}

void require_weights(std::string_view operation, const Window2D& window,
                     std::int64_t channels, std::int64_t filters,
                     std::int64_t groups, const Shape& weights) {
  if (groups < 1 || channels % groups != 0 || filters % groups != 0) {
    fail(operation, ": ", groups, " groups must divide ", channels,
         " channels and ", filters, " filters");
  }
  const bool plain = weights.rank() == 4 &&
                     weights[0] == window.kernel.height &&
                     weights[1] == window.kernel.width;
  if (!plain || weights.elements() !=
                    weight_elements(window, channels, filters, groups)) {
    fail(operation, ": weights of ", weights, " for ", channels,
         " channels; right would be ",
         Shape{window.kernel.height, window.kernel.width, channels / groups,
               filters});
  }
}

void require_bias(std::string_view operation, SpecSpan inputs,
                  std::int64_t channels) {
  if (inputs.size() == 3 && inputs[2].shape != Shape{channels}) {
    fail(operation, ": a bias of ", inputs[2].shape, "; right would be ",
         Shape{channels});
  }
}

// The work of one convolution, in any of its three directions, from the shape
// of what the forward direction puts out.
Cost convolution_cost(SpecSpan inputs, SpecSpan outputs, const Window2D& window,
                      std::int64_t channels, std::int64_t groups,
                      const Shape& result) {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = 2.0 * static_cast<double>(result.elements()) *
               static_cast<double>(window.kernel.height * window.kernel.width *
                                   channels / groups);
  return cost;
}

}  // namespace

Size2D Window2D::output_size(std::string_view operation, Size2D image) const {
  return {.height = visits(operation, image.height, padding.top, padding.bottom,
                           kernel.height, dilation.height, strides.height),
          .width = visits(operation, image.width, padding.left, padding.right,
                          kernel.width, dilation.width, strides.width)};
}

Specs Convolution::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 3);
  require_rank(kName, inputs[0], 4);
  const Shape& x = inputs[0].shape;
  require_weights(kName, window, x[3], filters, groups, inputs[1].shape);
  require_bias(kName, inputs, filters);
  const Size2D size = window.output_size(kName, {x[1], x[2]});
  return {{{x[0], size.height, size.width, filters}, inputs[0].dtype}};
}

void Convolution::gradient(GradientBuilder& builder) const {
  const ValueId dy = builder.output_gradient();
  const Shape x = builder.input_shape(0);
  if (builder.wants(0)) {
    builder.flow(0,
                 builder.apply(ConvolutionInputGradient{.window = window,
                                                        .groups = groups,
                                                        .channels = x[3],
                                                        .image = {x[1], x[2]}},
                               {dy, builder.input(1)}));
  }
  if (builder.wants(1)) {
    builder.flow(
        1, builder.apply(ConvolutionWeightGradient{.window = window,
                                                   .groups = groups,
                                                   .weight_shape =
                                                       builder.input_shape(1)},
                         {builder.input(0), dy}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(2, builder.apply(ReduceSum{.target = {filters}}, {dy}));
  }
}

Cost Convolution::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, window, inputs[0].shape[3], groups,
                          outputs[0].shape);
}

Specs ConvolutionInputGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 3);
  require_rank(kName, inputs[0], 4);
  const Shape& dy = inputs[0].shape;
  require_weights(kName, window, channels, dy[3], groups, inputs[1].shape);
  require_bias(kName, inputs, channels);
  const Size2D size = window.output_size(kName, image);
  if (dy[1] != size.height || dy[2] != size.width) {
    fail(kName, ": the gradient is ", dy, " and images of ", image.height,
         " x ", image.width, " give ", size.height, " x ", size.width);
  }
  return {{{dy[0], image.height, image.width, channels}, inputs[0].dtype}};
}

void ConvolutionInputGradient::gradient(GradientBuilder& builder) const {
  const ValueId dx = builder.output_gradient();
  if (builder.wants(0)) {
    builder.flow(
        0, builder.apply(Convolution{.window = window,
                                     .groups = groups,
                                     .filters = builder.input_shape(0)[3]},
                         {dx, builder.input(1)}));
  }
  if (builder.wants(1)) {
    builder.flow(
        1, builder.apply(ConvolutionWeightGradient{.window = window,
                                                   .groups = groups,
                                                   .weight_shape =
                                                       builder.input_shape(1)},
                         {dx, builder.input(0)}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(2, builder.apply(ReduceSum{.target = {channels}}, {dx}));
  }
}

Cost ConvolutionInputGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, window, channels, groups,
                          inputs[0].shape);
}

Specs ConvolutionWeightGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_rank(kName, inputs[0], 4);
  require_rank(kName, inputs[1], 4);
  const Shape& x = inputs[0].shape;
  const Shape& dy = inputs[1].shape;
  require_weights(kName, window, x[3], dy[3], groups, weight_shape);
  const Size2D size = window.output_size(kName, {x[1], x[2]});
  if (dy != Shape{x[0], size.height, size.width, dy[3]}) {
    fail(kName, ": the gradient is ", dy, " and images of ", x, " give ",
         Shape{x[0], size.height, size.width, dy[3]});
  }
  return {{weight_shape, inputs[0].dtype}};
}

void ConvolutionWeightGradient::gradient(GradientBuilder& builder) const {
  const ValueId dw = builder.output_gradient();
  const Shape x = builder.input_shape(0);
  const Shape dy = builder.input_shape(1);
  if (builder.wants(0)) {
    builder.flow(0,
                 builder.apply(ConvolutionInputGradient{.window = window,
                                                        .groups = groups,
                                                        .channels = x[3],
                                                        .image = {x[1], x[2]}},
                               {builder.input(1), dw}));
  }
  if (builder.wants(1)) {
    builder.flow(1, builder.apply(Convolution{.window = window,
                                              .groups = groups,
                                              .filters = dy[3]},
                                  {builder.input(0), dw}));
  }
}

Cost ConvolutionWeightGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, window, inputs[0].shape[3], groups,
                          inputs[1].shape);
}

}  // namespace lathe::graph
