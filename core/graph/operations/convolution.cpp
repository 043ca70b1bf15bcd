#include "core/graph/operations/convolution.h"

#include <ostream>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/operations/sample_weights.h"

namespace lathe::graph {
namespace {

std::int64_t visited(std::string_view operation, std::string_view direction,
                     std::int64_t image, std::int64_t kernel,
                     std::int64_t stride, std::int64_t dilation,
                     std::int64_t before, std::int64_t after) {
  if (kernel < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) {
    fail(operation, ": kernel ", kernel, ", stride ", stride, ", dilation ",
         dilation, " and padding ", before, " and ", after, " along the ",
         direction, "; all must be at least 1, padding at least 0");
  }
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const std::int64_t room = image + before + after;
  if (image < 1 || reach > room) {
    fail(operation, ": a window of ", reach, " does not fit into a ", direction,
         " of ", image, " with padding ", before, " and ", after);
  }
  return (room - reach) / stride + 1;
}

Size2D size_of_image(const Shape& shape) {
  return {.height = shape[1], .width = shape[2]};
}

void require_groups(std::string_view operation, std::int64_t groups,
                    std::int64_t channels, std::int64_t filters) {
  if (groups < 1 || filters < 1 || channels % groups != 0 ||
      filters % groups != 0) {
    fail(operation, ": ", groups, " groups must divide ", channels,
         " channels and ", filters, " filters");
  }
}

// All ways of writing the shape, see Convolution.
void require_weights(std::string_view operation, const TensorSpec& weights,
                     DType dtype, const Window2D& window, std::int64_t groups,
                     std::int64_t batch, std::int64_t channels,
                     std::int64_t filters) {
  const Size2D kernel = window.kernel;
  const Shape usual{kernel.height, kernel.width, channels / groups, filters};
  if (has_own_weights(weights.shape) && is_pointwise(window, groups)) {
    require_spec(operation, "the kernel", weights,
                 {{batch, 1, 1, channels, filters}, dtype});
    return;
  }
  if (groups == channels && groups > 1) {
    const TensorSpec depthwise{
        {kernel.height, kernel.width, channels, filters / channels}, dtype};
    if (weights == depthwise) return;
  }
  require_spec(operation, "the kernel", weights, {usual, dtype});
}

// Input x, weights, and what may follow: a bias and a residual.
void require_operands(std::string_view operation, SpecSpan inputs,
                      bool residual) {
  require_inputs(operation, inputs, residual ? 3 : 2, residual ? 4 : 3);
  require_floating(operation, inputs[0]);
  require_rank(operation, inputs[0], 4);
}

bool has_bias(std::size_t input_count, bool residual) {
  return input_count == (residual ? 4 : 3);
}

// What is added to, and has the shape of, `output`.
void require_summands(std::string_view operation, SpecSpan inputs,
                      bool residual, const TensorSpec& output) {
  if (has_bias(inputs.size(), residual)) {
    const std::int64_t channels = output.shape.back();
    const bool own =
        has_own_weights(inputs[1].shape) && inputs[2].shape.rank() == 4;
    require_spec(
        operation, "the bias", inputs[2],
        {own ? Shape{output.shape[0], 1, 1, channels} : Shape{channels},
         output.dtype});
  }
  if (residual) {
    require_spec(operation, "the residual", inputs.back(), output);
  }
}

void require_not_joined(std::string_view operation, ActivationKind activation,
                        bool residual) {
  if (activation != ActivationKind::linear || residual) {
    fail(operation, ": has a gradient only before it is joined with an ",
         "activation or a sum; differentiate first");
  }
}

std::optional<std::size_t> last_input(std::size_t input_count, bool residual) {
  if (!residual) return std::nullopt;
  return input_count - 1;
}

// At every place of the result (y, or dy) every weight of its sample is used
// once.
Cost convolution_cost(SpecSpan inputs, SpecSpan outputs, const Shape& result,
                      const Shape& weights) {
  Cost cost = streaming_cost(inputs, outputs, 0);
  const std::int64_t samples = has_own_weights(weights) ? 1 : result[0];
  cost.flops = 2 * static_cast<double>(samples * result[1] * result[2]) *
               static_cast<double>(weights.elements());
  return cost;
}

}  // namespace

bool is_pointwise(const Window2D& window, std::int64_t groups) {
  return groups == 1 && window.kernel == Size2D{} &&
         window.strides == Size2D{} && window.padding == Padding2D{};
}

bool is_tiled(const Window2D& window) {
  const auto& [kernel, strides, dilation, padding] = window;
  return kernel.height == kernel.width &&
         (kernel.height == 3 || kernel.height == 5) &&
         strides.height == strides.width && strides.height <= 2 &&
         dilation == Size2D{};
}

std::ostream& operator<<(std::ostream& out, const Window2D& window) {
  const auto& [kernel, strides, dilation, padding] = window;
  return out << kernel.height << 'x' << kernel.width << " strides "
             << strides.height << 'x' << strides.width << " dilation "
             << dilation.height << 'x' << dilation.width << " padding "
             << padding.top << ' ' << padding.bottom << ' ' << padding.left
             << ' ' << padding.right;
}

Size2D Window2D::output_size(std::string_view operation, Size2D image) const {
  return {.height = visited(operation, "height", image.height, kernel.height,
                            strides.height, dilation.height, padding.top,
                            padding.bottom),
          .width = visited(operation, "width", image.width, kernel.width,
                           strides.width, dilation.width, padding.left,
                           padding.right)};
}

Specs Convolution::output_specs(SpecSpan inputs) const {
  require_operands(kName, inputs, residual);
  const TensorSpec& x = inputs[0];
  const std::int64_t channels = x.shape.back();
  require_groups(kName, groups, channels, filters);
  require_weights(kName, inputs[1], x.dtype, window, groups, x.shape[0],
                  channels, filters);
  const Size2D size = window.output_size(kName, size_of_image(x.shape));
  const TensorSpec y{{x.shape[0], size.height, size.width, filters}, x.dtype};
  require_summands(kName, inputs, residual, y);
  if (means) return {y, means_of(y)};
  return {y};
}

void Convolution::gradient(GradientBuilder& builder) const {
  require_not_joined(kName, activation, residual);
  const ValueId dy = builder.output_gradient();
  const Shape x = builder.input_shape(0);
  // x, which only dw needs, makes room for dx.
  if (builder.wants(1)) {
    const ConvolutionWeightGradient dw{.window = window,
                                       .groups = groups,
                                       .weight_shape = builder.input_shape(1)};
    builder.flow(1, builder.apply(dw, {builder.input(0), dy}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(
        2, builder.apply(ReduceSum{.target = builder.input_shape(2)}, {dy}));
  }
  if (builder.wants(0)) {
    const ConvolutionInputGradient dx{.window = window,
                                      .groups = groups,
                                      .channels = x.back(),
                                      .image = size_of_image(x)};
    builder.flow(0, builder.apply(dx, {dy, builder.input(1)}));
  }
}

Cost Convolution::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, outputs[0].shape, inputs[1].shape);
}

std::optional<std::size_t> Convolution::in_place(
    std::size_t input_count) const {
  return last_input(input_count, residual);
}

Specs ConvolutionInputGradient::output_specs(SpecSpan inputs) const {
  require_operands(kName, inputs, residual);
  const TensorSpec& dy = inputs[0];
  const std::int64_t filters = dy.shape.back();
  require_groups(kName, groups, channels, filters);
  require_weights(kName, inputs[1], dy.dtype, window, groups, dy.shape[0],
                  channels, filters);
  const Size2D size = window.output_size(kName, image);
  require_spec(kName, "dy", dy,
               {{dy.shape[0], size.height, size.width, filters}, dy.dtype});
  const TensorSpec dx{{dy.shape[0], image.height, image.width, channels},
                      dy.dtype};
  require_summands(kName, inputs, residual, dx);
  return {dx};
}

// With g flowing into dx: <g, dx> = <convolution(g, w), dy>, so the roles of x
// and dy are swapped.
void ConvolutionInputGradient::gradient(GradientBuilder& builder) const {
  require_not_joined(kName, activation, residual);
  const ValueId g = builder.output_gradient();
  if (builder.wants(1)) {
    const ConvolutionWeightGradient dw{.window = window,
                                       .groups = groups,
                                       .weight_shape = builder.input_shape(1)};
    builder.flow(1, builder.apply(dw, {g, builder.input(0)}));
  }
  if (builder.input_count() == 3 && builder.wants(2)) {
    builder.flow(
        2, builder.apply(ReduceSum{.target = builder.input_shape(2)}, {g}));
  }
  if (builder.wants(0)) {
    const Convolution operation{.window = window,
                                .groups = groups,
                                .filters = builder.input_shape(0).back()};
    builder.flow(0, builder.apply(operation, {g, builder.input(1)}));
  }
}

Cost ConvolutionInputGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, inputs[0].shape, inputs[1].shape);
}

std::optional<std::size_t> ConvolutionInputGradient::in_place(
    std::size_t input_count) const {
  return last_input(input_count, residual);
}

Specs ConvolutionWeightGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& x = inputs[0];
  const TensorSpec& dy = inputs[1];
  require_floating(kName, x);
  require_rank(kName, x, 4);
  require_rank(kName, dy, 4);
  const std::int64_t filters = dy.shape.back();
  require_groups(kName, groups, x.shape.back(), filters);
  const Size2D size = window.output_size(kName, size_of_image(x.shape));
  require_spec(kName, "dy", dy,
               {{x.shape[0], size.height, size.width, filters}, x.dtype});
  const TensorSpec weights{weight_shape, x.dtype};
  require_weights(kName, weights, x.dtype, window, groups, x.shape[0],
                  x.shape.back(), filters);
  return {weights};
}

// With g flowing into dw: <g, dw> = <convolution(x, g), dy>.
void ConvolutionWeightGradient::gradient(GradientBuilder& builder) const {
  const ValueId g = builder.output_gradient();
  const Shape x = builder.input_shape(0);
  if (builder.wants(0)) {
    const ConvolutionInputGradient dx{.window = window,
                                      .groups = groups,
                                      .channels = x.back(),
                                      .image = size_of_image(x)};
    builder.flow(0, builder.apply(dx, {builder.input(1), g}));
  }
  if (builder.wants(1)) {
    const Convolution operation{.window = window,
                                .groups = groups,
                                .filters = builder.input_shape(1).back()};
    builder.flow(1, builder.apply(operation, {builder.input(0), g}));
  }
}

Cost ConvolutionWeightGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return convolution_cost(inputs, outputs, inputs[1].shape, outputs[0].shape);
}

}  // namespace lathe::graph
