#include "core/graph/operations/normalization.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

// Throws unless inputs[first .. last] are vectors of x's channels.
void require_channels(std::string_view operation, SpecSpan inputs,
                      const TensorSpec& x, std::size_t first,
                      std::size_t last) {
  if (x.shape.rank() == 0) fail(operation, ": takes at least one axis");
  const TensorSpec right{{x.shape.back()}, x.dtype};
  for (std::size_t i = first; i <= last; ++i) {
    if (inputs[i] != right) {
      fail(operation, ": input ", i, " is ", inputs[i], "; for ", x,
           " right would be ", right);
    }
  }
}

void require_same(std::string_view operation, const TensorSpec& x,
                  const TensorSpec& other) {
  if (x != other) {
    fail(operation, ": ", other, " goes with ", x, "; they must be the same");
  }
}

TensorSpec channels_of(const TensorSpec& x) {
  return {{x.shape.back()}, x.dtype};
}

}  // namespace

Specs BatchNormalization::output_specs(SpecSpan inputs) const {
  const std::size_t count = residual ? 4 : 3;
  require_inputs(kName, inputs, count, count);
  require_channels(kName, inputs, inputs[0], 1, 2);
  if (residual) require_same(kName, inputs[0], inputs[3]);
  return {inputs[0], channels_of(inputs[0]), channels_of(inputs[0])};
}

void BatchNormalization::gradient(GradientBuilder& builder) const {
  std::vector<ValueId> inputs{builder.output_gradient(), builder.input(0),
                              builder.input(1),          builder.input(2),
                              builder.output(1),         builder.output(2)};
  if (residual) inputs.push_back(builder.input(3));
  const auto gradients = builder.add(
      BatchNormalizationGradient{
          .epsilon = epsilon, .activation = activation, .residual = residual},
      std::move(inputs));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (builder.wants(i)) builder.flow(i, gradients[i]);
  }
}

Cost BatchNormalization::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 6);
}

Specs BatchNormalizationGradient::output_specs(SpecSpan inputs) const {
  const std::size_t count = residual ? 7 : 6;
  require_inputs(kName, inputs, count, count);
  require_same(kName, inputs[1], inputs[0]);
  require_channels(kName, inputs, inputs[1], 2, 5);
  Specs outputs{inputs[1], inputs[2], inputs[2]};
  if (residual) {
    require_same(kName, inputs[1], inputs[6]);
    outputs.push_back(inputs[1]);
  }
  return outputs;
}

Cost BatchNormalizationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 10);
}

Specs FixedNormalization::output_specs(SpecSpan inputs) const {
  const std::size_t count = residual ? 6 : 5;
  require_inputs(kName, inputs, count, count);
  require_channels(kName, inputs, inputs[0], 1, 4);
  if (residual) require_same(kName, inputs[0], inputs[5]);
  return {inputs[0]};
}

void FixedNormalization::gradient(GradientBuilder& builder) const {
  if (activation != ActivationKind::linear || residual) {
    fail(kName, ": has no gradient once joined with an activation or a sum");
  }
  const auto gradients =
      builder.add(FixedNormalizationGradient{.epsilon = epsilon},
                  {builder.output_gradient(), builder.input(0),
                   builder.input(1), builder.input(3), builder.input(4)});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (builder.wants(i)) builder.flow(i, gradients[i]);
  }
}

Cost FixedNormalization::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 2);
}

Specs FixedNormalizationGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 5, 5);
  require_same(kName, inputs[1], inputs[0]);
  require_channels(kName, inputs, inputs[1], 2, 4);
  return {inputs[1], inputs[2], inputs[2]};
}

Cost FixedNormalizationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 6);
}

double MovingStatistics::rate(std::int64_t count) const {
  const double keras = 1 - momentum;
  if (warm_up < 0) return keras;
  return std::max(keras,
                  (warm_up + 1) / (static_cast<double>(count) + warm_up + 1));
}

Specs MovingStatistics::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 5, 5);
  for (std::size_t i = 1; i < 4; ++i) {
    require_same(kName, inputs[0], inputs[i]);
  }
  require_same(kName, {{1}, DType::int64}, inputs[4]);
  return {};
}

Cost MovingStatistics::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

}  // namespace lathe::graph
