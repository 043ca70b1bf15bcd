#include "core/graph/operations/pooling.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

// Places are numbered in a uint8.
constexpr std::int64_t kMostPlaces = 256;

// Checks what pooling asks of a window; returns the output's shape.
Shape pooled(std::string_view operation, const Window2D& window,
             const Shape& image) {
  const Size2D size =
      window.output_size(operation, {.height = image[1], .width = image[2]});
  const Padding2D& padding = window.padding;
  if (!(window.dilation == Size2D{})) {
    fail(operation, ": a dilation of ", window.dilation.height, " x ",
         window.dilation.width, "; pooling has none");
  }
  if (std::max(padding.top, padding.bottom) >= window.kernel.height ||
      std::max(padding.left, padding.right) >= window.kernel.width) {
    fail(operation, ": padding ", padding.top, ", ", padding.bottom, ", ",
         padding.left, ", ", padding.right, " around a window of ",
         window.kernel.height, " x ", window.kernel.width,
         "; it must be smaller than the window");
  }
  return {image[0], size.height, size.width, image[3]};
}

Specs pool(std::string_view operation, const Window2D& window,
           SpecSpan inputs) {
  require_inputs(operation, inputs, 1, 1);
  require_floating(operation, inputs[0]);
  require_rank(operation, inputs[0], 4);
  return {{pooled(operation, window, inputs[0].shape), inputs[0].dtype}};
}

void require_places(std::string_view operation, const Window2D& window) {
  if (window.kernel.height * window.kernel.width > kMostPlaces) {
    fail(operation, ": a window of ", window.kernel.height, " x ",
         window.kernel.width, "; at most ", kMostPlaces, " elements");
  }
}

// The output of a gradient whose first input is dy.
TensorSpec spread(std::string_view operation, const Window2D& window,
                  Size2D image, SpecSpan inputs) {
  require_floating(operation, inputs[0]);
  require_rank(operation, inputs[0], 4);
  const Shape& dy = inputs[0].shape;
  const Shape dx{dy[0], image.height, image.width, dy[3]};
  require_spec(operation, "dy", inputs[0],
               {pooled(operation, window, dx), inputs[0].dtype});
  return {dx, inputs[0].dtype};
}

Size2D image_of(const GradientBuilder& builder) {
  const Shape& x = builder.input_shape(0);
  return {.height = x[1], .width = x[2]};
}

double taps(const Window2D& window) {
  return static_cast<double>(window.kernel.height * window.kernel.width);
}

}  // namespace

Specs MaxPooling::output_specs(SpecSpan inputs) const {
  Specs outputs = pool(kName, window, inputs);
  require_places(kName, window);
  outputs.push_back({outputs[0].shape, DType::uint8});
  return outputs;
}

void MaxPooling::gradient(GradientBuilder& builder) const {
  builder.flow(
      0, builder.apply(
             MaxPoolingGradient{.window = window, .image = image_of(builder)},
             {builder.output_gradient(), builder.output(1)}));
}

Cost MaxPooling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, taps(window));
}

Specs MaxPoolingGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_places(kName, window);
  const TensorSpec dx = spread(kName, window, image, inputs);
  require_spec(kName, "the places", inputs[1], {inputs[0].shape, DType::uint8});
  return {dx};
}

Cost MaxPoolingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

Specs AveragePooling::output_specs(SpecSpan inputs) const {
  return pool(kName, window, inputs);
}

void AveragePooling::gradient(GradientBuilder& builder) const {
  builder.flow(0,
               builder.apply(AveragePoolingGradient{.window = window,
                                                    .image = image_of(builder)},
                             {builder.output_gradient()}));
}

Cost AveragePooling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, taps(window));
}

Specs AveragePoolingGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  return {spread(kName, window, image, inputs)};
}

Cost AveragePoolingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = taps(window) * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

}  // namespace lathe::graph
