#include "core/graph/operations/pooling.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

TensorSpec pooled(std::string_view operation, const Window2D& window,
                  SpecSpan inputs) {
  require_rank(operation, inputs[0], 4);
  const Shape& x = inputs[0].shape;
  const Size2D size = window.output_size(operation, {x[1], x[2]});
  return {{x[0], size.height, size.width, x[3]}, inputs[0].dtype};
}

TensorSpec unpooled(std::string_view operation, const Window2D& window,
                    Size2D image, SpecSpan inputs) {
  require_rank(operation, inputs[0], 4);
  const Shape& dy = inputs[0].shape;
  const Size2D size = window.output_size(operation, image);
  if (dy[1] != size.height || dy[2] != size.width) {
    fail(operation, ": the gradient is ", dy, " and images of ", image.height,
         " x ", image.width, " give ", size.height, " x ", size.width);
  }
  return {{dy[0], image.height, image.width, dy[3]}, inputs[0].dtype};
}

double window_elements(const Window2D& window) {
  return static_cast<double>(window.kernel.height * window.kernel.width);
}

}  // namespace

Specs MaxPooling::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  if (window.kernel.height * window.kernel.width > 256) {
    fail(kName, ": a window of ", window.kernel.height, " x ",
         window.kernel.width, "; at most 256 places are supported");
  }
  const TensorSpec y = pooled(kName, window, inputs);
  return {y, {y.shape, DType::uint8}};
}

void MaxPooling::gradient(GradientBuilder& builder) const {
  const Shape& x = builder.input_shape(0);
  const Size2D image{x[1], x[2]};
  builder.flow(
      0, builder.apply(MaxPoolingGradient{.window = window, .image = image},
                       {builder.output_gradient(), builder.output(1)}));
}

Cost MaxPooling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, window_elements(window));
}

Specs MaxPoolingGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  if (inputs[1] != TensorSpec{inputs[0].shape, DType::uint8}) {
    fail(kName, ": the places are ", inputs[1], " and the gradient ",
         inputs[0]);
  }
  return {unpooled(kName, window, image, inputs)};
}

Cost MaxPoolingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

Specs AveragePooling::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  return {pooled(kName, window, inputs)};
}

void AveragePooling::gradient(GradientBuilder& builder) const {
  const Shape& x = builder.input_shape(0);
  const Size2D image{x[1], x[2]};
  builder.flow(
      0, builder.apply(AveragePoolingGradient{.window = window, .image = image},
                       {builder.output_gradient()}));
}

Cost AveragePooling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, window_elements(window));
}

Specs AveragePoolingGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  return {unpooled(kName, window, image, inputs)};
}

Cost AveragePoolingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

}  // namespace lathe::graph
