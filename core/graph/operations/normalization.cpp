#include "core/graph/operations/normalization.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

// Throws unless `count` inputs from `first` on have an element a channel.
void require_channels(std::string_view operation, SpecSpan inputs,
                      std::size_t first, std::size_t count) {
  static constexpr std::string_view kNames[] = {"gamma", "beta", "mean",
                                                "variance"};
  const TensorSpec channels{{inputs[0].shape.back()}, inputs[0].dtype};
  for (std::size_t i = 0; i < count; ++i) {
    require_spec(operation, kNames[i], inputs[first + i], channels);
  }
}

void require_count(std::string_view operation, SpecSpan inputs,
                   std::size_t count) {
  require_inputs(operation, inputs, count, count);
  require_floating(operation, inputs[0]);
  require_last_axis(operation, inputs[0]);
}

void require_epsilon(std::string_view operation, double epsilon) {
  if (!(epsilon >= 0)) {
    fail(operation, ": epsilon is ", epsilon, "; it must be at least 0");
  }
}

}  // namespace

Specs BatchNormalization::output_specs(SpecSpan inputs) const {
  require_count(kName, inputs, residual ? 4 : 3);
  require_epsilon(kName, epsilon);
  require_channels(kName, inputs, 1, 2);
  if (residual) require_spec(kName, "the residual", inputs[3], inputs[0]);
  return {inputs[0], inputs[1], inputs[1]};
}

void BatchNormalization::gradient(GradientBuilder& builder) const {
  std::vector<ValueId> inputs{builder.output_gradient(), builder.input(0),
                              builder.input(1),          builder.input(2),
                              builder.output(1),         builder.output(2)};
  if (residual) inputs.push_back(builder.input(3));
  const std::vector<ValueId> gradients =
      builder.add(BatchNormalizationGradient{.epsilon = epsilon,
                                             .activation = activation,
                                             .residual = residual,
                                             .ranks = ranks},
                  inputs);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (builder.wants(i)) builder.flow(i, gradients[i]);
  }
}

Cost BatchNormalization::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 8);
}

Specs BatchNormalizationGradient::output_specs(SpecSpan inputs) const {
  require_count(kName, inputs, residual ? 7 : 6);
  require_epsilon(kName, epsilon);
  require_spec(kName, "x", inputs[1], inputs[0]);
  require_channels(kName, inputs, 2, 4);
  Specs outputs{inputs[1], inputs[2], inputs[2]};
  if (residual) {
    require_spec(kName, "the residual", inputs[6], inputs[1]);
    outputs.push_back(inputs[1]);
  }
  return outputs;
}

Cost BatchNormalizationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 14);
}

Specs FixedNormalization::output_specs(SpecSpan inputs) const {
  require_count(kName, inputs, residual ? 6 : 5);
  require_epsilon(kName, epsilon);
  require_channels(kName, inputs, 1, 4);
  if (residual) require_spec(kName, "the residual", inputs[5], inputs[0]);
  return {inputs[0]};
}

void FixedNormalization::gradient(GradientBuilder& builder) const {
  if (activation != ActivationKind::linear || residual) {
    fail(kName, ": has a gradient only before it is joined with an activation ",
         "or a sum; differentiate first");
  }
  if (builder.wants(3) || builder.wants(4)) {
    fail(kName, ": its statistics are given and have no gradient");
  }
  const std::vector<ValueId> gradients =
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
  require_count(kName, inputs, 5);
  require_epsilon(kName, epsilon);
  require_spec(kName, "x", inputs[1], inputs[0]);
  const TensorSpec channels{{inputs[0].shape.back()}, inputs[0].dtype};
  require_spec(kName, "gamma", inputs[2], channels);
  require_spec(kName, "mean", inputs[3], channels);
  require_spec(kName, "variance", inputs[4], channels);
  return {inputs[1], inputs[2], inputs[2]};
}

Cost FixedNormalizationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 6);
}

Specs NormalizedWeights::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 5, 6);
  require_floating(kName, inputs[0]);
  require_epsilon(kName, epsilon);
  require_rank(kName, inputs[1], 1);
  const TensorSpec channels{inputs[1].shape, inputs[0].dtype};
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    require_spec(kName, "a value a channel", inputs[i], channels);
  }
  const std::int64_t row = channels.shape[0] * inner;
  if (inner < 1 || row == 0 || inputs[0].shape.elements() % row != 0) {
    fail(kName, ": weights ", inputs[0].shape, " are not made of ",
         channels.shape[0], " channels of ", inner);
  }
  return {inputs[0], channels};
}

Cost NormalizedWeights::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 1);
}

double MovingStatistics::rate(std::int64_t count) const {
  const double usual = 1 - momentum;
  if (warm_up < 0) return usual;
  return std::max(usual,
                  (warm_up + 1) / (static_cast<double>(count) + warm_up + 1));
}

Specs MovingStatistics::output_specs(SpecSpan inputs) const {
  if (inputs.size() % 2 == 0) {
    fail(kName, ": has ", inputs.size(),
         " inputs; it wants a count, and two for each statistic");
  }
  if (!(momentum >= 0 && momentum <= 1)) {
    fail(kName, ": the momentum is ", momentum,
         "; it is a share between 0 and 1");
  }
  require_spec(kName, "the count", inputs[0], {{1}, DType::int64});
  for (std::size_t i = 1; i < inputs.size(); i += 2) {
    require_floating(kName, inputs[i]);
    require_rank(kName, inputs[i], 1);
    require_spec(kName, "a batch's statistic", inputs[i + 1], inputs[i]);
  }
  return {};
}

Cost MovingStatistics::cost(SpecSpan inputs, SpecSpan) const {
  Cost cost = streaming_cost(inputs, {}, 0);
  for (std::size_t i = 1; i < inputs.size(); i += 2) {
    cost.flops += 3 * static_cast<double>(inputs[i].shape.elements());
    cost.bytes += static_cast<double>(inputs[i].bytes());
  }
  return cost;
}

std::vector<std::size_t> MovingStatistics::writes(
    std::size_t input_count) const {
  std::vector<std::size_t> moving;
  for (std::size_t i = 1; i < input_count; i += 2) moving.push_back(i);
  return moving;
}

}  // namespace lathe::graph
