#include "core/graph/operations/excitation.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {
namespace {

void require_weights(std::string_view operation, const TensorSpec& x,
                     const TensorSpec& v, const TensorSpec& w) {
  require_floating(operation, x);
  for (const TensorSpec* each : {&x, &v, &w}) require_rank(operation, *each, 4);
  const auto [samples, inputs, hidden, outputs] = excitation_extents(x, v, w);
  require_spec(operation, "x", x, {{samples, 1, 1, inputs}, x.dtype});
  require_spec(operation, "v", v, {{1, 1, inputs, hidden}, x.dtype});
  require_spec(operation, "w", w, {{1, 1, hidden, outputs}, x.dtype});
}

void require_activation(std::string_view operation, ActivationKind kind) {
  if (kind == ActivationKind::swish) {
    fail(operation,
         ": can't end in swish, whose gradient needs more than its "
         "results");
  }
}

// Multiplications and additions of both products.
double products(const ExcitationExtents& extents) {
  return 2.0 * static_cast<double>(extents.samples * extents.hidden) *
         static_cast<double>(extents.inputs + extents.outputs);
}

}  // namespace

ExcitationExtents excitation_extents(const TensorSpec& x, const TensorSpec& v,
                                     const TensorSpec& w) {
  return {.samples = x.shape[0],
          .inputs = x.shape[3],
          .hidden = v.shape[3],
          .outputs = w.shape[3]};
}

Specs Excitation::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 5, 5);
  const TensorSpec& x = inputs[0];
  require_weights(kName, x, inputs[1], inputs[3]);
  require_activation(kName, activation);
  const auto extents = excitation_extents(x, inputs[1], inputs[3]);
  require_spec(kName, "b", inputs[2], {{extents.hidden}, x.dtype});
  require_spec(kName, "c", inputs[4], {{extents.outputs}, x.dtype});
  return {{{extents.samples, 1, 1, extents.outputs}, x.dtype},
          {{extents.samples, 1, 1, extents.hidden}, x.dtype}};
}

void Excitation::gradient(GradientBuilder& builder) const {
  const std::vector<ValueId> gradients = builder.add(
      ExcitationGradient{.hidden = hidden, .activation = activation},
      {builder.output_gradient(), builder.input(0), builder.output(0),
       builder.output(1), builder.input(1), builder.input(3)});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (builder.wants(i)) builder.flow(i, gradients[i]);
  }
}

Cost Excitation::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops = products(excitation_extents(inputs[0], inputs[1], inputs[3]));
  return cost;
}

Specs ExcitationGradient::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 6, 6);
  const TensorSpec& x = inputs[1];
  const TensorSpec& v = inputs[4];
  const TensorSpec& w = inputs[5];
  require_weights(kName, x, v, w);
  require_activation(kName, activation);
  const auto [samples, channels, units, results] = excitation_extents(x, v, w);
  const TensorSpec y{{samples, 1, 1, results}, x.dtype};
  require_spec(kName, "dy", inputs[0], y);
  require_spec(kName, "y", inputs[2], y);
  require_spec(kName, "z", inputs[3], {{samples, 1, 1, units}, x.dtype});
  return {x, v, {{units}, x.dtype}, w, {{results}, x.dtype}};
}

Cost ExcitationGradient::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  cost.flops =
      2 * products(excitation_extents(inputs[1], inputs[4], inputs[5]));
  return cost;
}

}  // namespace lathe::graph
