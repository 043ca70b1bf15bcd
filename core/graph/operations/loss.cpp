#include "core/graph/operations/loss.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_options(std::string_view operation, const LossOptions& options,
                     std::int64_t classes) {
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    fail(operation, ": label smoothing of ", options.label_smoothing,
         "; it must be from 0 to 1");
  }
  const auto weights = static_cast<std::int64_t>(options.class_weights.size());
  if (weights != 0 && weights != classes) {
    fail(operation, ": ", weights, " class weights for ", classes, " classes");
  }
  if (!(options.gamma >= 0)) {
    fail(operation, ": gamma is ", options.gamma, "; it must be at least 0");
  }
  if (options.gamma > 0 && options.label_smoothing > 0) {
    fail(operation, ": a gamma and label smoothing; there can be one of them");
  }
}

void require_binary(std::string_view operation, const LossOptions& options,
                    const TensorSpec& p, const TensorSpec& t) {
  require_floating(operation, p);
  require_targets(operation, p, t, 1);
  require_options(operation, options, 2);
}

void require_classes(std::string_view operation, const LossOptions& options,
                     const TensorSpec& p, const TensorSpec& t) {
  require_floating(operation, p);
  require_last_axis(operation, p);
  const std::int64_t classes = p.shape.back();
  if (t.dtype == p.dtype) {
    if (options.gamma > 0) {
      fail(operation, ": a gamma is for class ids, not for distributions");
    }
    require_spec(operation, "the targets' distribution", t, p);
  } else {
    require_targets(operation, p, t, classes);
  }
  require_options(operation, options, classes);
}

template <class Gradient>
void flow(GradientBuilder& builder, const LossOptions& options) {
  builder.flow(0, builder.apply(Gradient{options},
                                {builder.output_gradient(), builder.input(0),
                                 builder.input(1)}));
}

}  // namespace

void require_targets(std::string_view operation, const TensorSpec& p,
                     const TensorSpec& t, std::int64_t channels) {
  if ((t.dtype != DType::uint8 && t.dtype != DType::int32) ||
      t.shape.elements() * channels != p.shape.elements()) {
    fail(operation, ": targets of ", t, " for predictions of ", p,
         "; there must be a uint8 or int32 for each",
         channels == 1 ? "" : concat(" row of ", channels));
  }
  if (t.dtype == DType::uint8 && channels > kIgnoredTarget) {
    fail(operation, ": ", channels, " classes; at most ", kIgnoredTarget,
         " with targets of uint8, for ", kIgnoredTarget, " is one to ignore");
  }
}

Specs BinaryCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_binary(kName, options, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void BinaryCrossentropy::gradient(GradientBuilder& builder) const {
  flow<BinaryCrossentropyGradient>(builder, options);
}

Cost BinaryCrossentropy::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = (options.gamma > 0 ? 60 : 20) *
               static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs BinaryCrossentropyGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_binary(kName, options, inputs[1], inputs[2]);
  require_spec(kName, "dloss", inputs[0], {{1}, inputs[1].dtype});
  return {inputs[1]};
}

Cost BinaryCrossentropyGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 12);
}

Specs CategoricalCrossentropy::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  require_classes(kName, options, inputs[0], inputs[1]);
  return {{{1}, inputs[0].dtype}};
}

void CategoricalCrossentropy::gradient(GradientBuilder& builder) const {
  flow<CategoricalCrossentropyGradient>(builder, options);
}

Cost CategoricalCrossentropy::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = (options.from_logits ? 12 : 1) *
               static_cast<double>(inputs[0].shape.elements());
  return cost;
}

Specs CategoricalCrossentropyGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 3, 3);
  require_classes(kName, options, inputs[1], inputs[2]);
  require_spec(kName, "dloss", inputs[0], {{1}, inputs[1].dtype});
  return {inputs[1]};
}

Cost CategoricalCrossentropyGradient::cost(SpecSpan inputs,
                                           SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, options.from_logits ? 12 : 3);
}

}  // namespace lathe::graph
