#include "core/graph/operations/upsampling.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_image(std::string_view operation, Size2D factor, SpecSpan inputs) {
  require_inputs(operation, inputs, 1, 1);
  require_floating(operation, inputs[0]);
  require_rank(operation, inputs[0], 4);
  if (factor.height < 1 || factor.width < 1) {
    fail(operation, ": the factors are ", factor.height, " and ", factor.width,
         "; they must be at least 1");
  }
}

// Bilinear reads four values, nearest one.
double flops(UpSamplingKind kind) {
  return kind == UpSamplingKind::bilinear ? 8 : 1;
}

}  // namespace

Specs UpSampling::output_specs(SpecSpan inputs) const {
  require_image(kName, factor, inputs);
  TensorSpec output = inputs[0];
  output.shape[1] *= factor.height;
  output.shape[2] *= factor.width;
  return {output};
}

void UpSampling::gradient(GradientBuilder& builder) const {
  builder.flow(0, builder.apply(UpSamplingGradient{factor, kind},
                                {builder.output_gradient()}));
}

Cost UpSampling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, flops(kind));
}

Specs UpSamplingGradient::output_specs(SpecSpan inputs) const {
  require_image(kName, factor, inputs);
  TensorSpec output = inputs[0];
  if (output.shape[1] % factor.height != 0 ||
      output.shape[2] % factor.width != 0) {
    fail(kName, ": dy of ", inputs[0].shape, " is no multiple of the factors ",
         factor.height, " and ", factor.width);
  }
  output.shape[1] /= factor.height;
  output.shape[2] /= factor.width;
  return {output};
}

Cost UpSamplingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = flops(kind) * static_cast<double>(inputs[0].shape.elements());
  return cost;
}

}  // namespace lathe::graph
