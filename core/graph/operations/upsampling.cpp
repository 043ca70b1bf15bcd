#include "core/graph/operations/upsampling.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_factor(std::string_view operation, Size2D factor) {
  if (factor.height < 1 || factor.width < 1) {
    fail(operation, ": factors of ", factor.height, " and ", factor.width,
         "; they must be at least 1");
  }
}

}  // namespace

Specs UpSampling::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_rank(kName, inputs[0], 4);
  require_factor(kName, factor);
  const Shape& x = inputs[0].shape;
  return {{{x[0], x[1] * factor.height, x[2] * factor.width, x[3]},
           inputs[0].dtype}};
}

void UpSampling::gradient(GradientBuilder& builder) const {
  builder.flow(0,
               builder.apply(UpSamplingGradient{.factor = factor, .kind = kind},
                             {builder.output_gradient()}));
}

Cost UpSampling::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs,
                        kind == UpSamplingKind::nearest ? 0 : 6);
}

Specs UpSamplingGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  require_rank(kName, inputs[0], 4);
  require_factor(kName, factor);
  const Shape& dy = inputs[0].shape;
  if (dy[1] % factor.height != 0 || dy[2] % factor.width != 0) {
    fail(kName, ": ", dy, " is no multiple of ", factor.height, " x ",
         factor.width);
  }
  return {{{dy[0], dy[1] / factor.height, dy[2] / factor.width, dy[3]},
           inputs[0].dtype}};
}

Cost UpSamplingGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs,
                        static_cast<double>(factor.height * factor.width));
}

}  // namespace lathe::graph
