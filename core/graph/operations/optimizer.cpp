#include "core/graph/operations/optimizer.h"

#include "core/error.h"

namespace lathe::graph {
namespace {

TensorSpec one_float() {
  return {{1}, DType::float32};
}

// Where the inputs of the first weight are.
std::size_t first_weight(const UpdateOptions& update) {
  return update.scaled ? 3 : 2;
}

void require_update(std::string_view name, const UpdateOptions& update,
                    std::size_t slots, SpecSpan inputs) {
  const std::size_t first = first_weight(update);
  const std::size_t each = 2 + slots;
  if (inputs.size() < first + each || (inputs.size() - first) % each != 0) {
    fail(name, ": takes the iteration, the learning rate",
         update.scaled ? ", the scales" : "", ", and w, g and ", slots,
         " more of each weight, and was given ", inputs.size(), " inputs");
  }
  const std::size_t weights = (inputs.size() - first) / each;
  require_spec(name, "the iteration", inputs[0], {{1}, DType::int64});
  require_spec(name, "the learning rate", inputs[1], one_float());
  if (update.scaled) {
    require_spec(name, "the scales", inputs[2],
                 {{static_cast<std::int64_t>(weights)}, DType::float32});
  }
  for (std::size_t i = first; i < inputs.size(); i += each) {
    require_floating(name, inputs[i]);
    require_spec(name, "a gradient", inputs[i + 1], inputs[i]);
    for (std::size_t k = 0; k < slots; ++k) {
      require_spec(name, "what is kept for a weight", inputs[i + 2 + k],
                   inputs[i]);
    }
  }
  if (update.accumulation_steps < 1) {
    fail(name, ": accumulates over ", update.accumulation_steps,
         " iterations; there must be at least 1");
  }
  if (!update.joined_after.empty() && update.joined_after.size() != weights) {
    fail(name, ": ", update.joined_after.size(),
         " numbers of updates before a weight joined, for ", weights,
         " weights");
  }
}

// Reads everything and writes all but the gradients.
Cost update_cost(const UpdateOptions& update, std::size_t slots,
                 SpecSpan inputs, double flops) {
  Cost cost;
  for (std::size_t i = first_weight(update); i < inputs.size();
       i += 2 + slots) {
    const auto touched = static_cast<double>(2 + slots + 1 + slots);
    cost.bytes += touched * static_cast<double>(inputs[i].bytes());
    cost.flops += flops * static_cast<double>(inputs[i].shape.elements());
  }
  return cost;
}

std::vector<std::size_t> update_writes(const UpdateOptions& update,
                                       std::size_t slots,
                                       std::size_t input_count) {
  std::vector<std::size_t> result;
  for (std::size_t i = first_weight(update); i < input_count; i += 2 + slots) {
    result.push_back(i);
    if (update.accumulation_steps > 1) result.push_back(i + 1);
    for (std::size_t k = 0; k < slots; ++k) result.push_back(i + 2 + k);
  }
  return result;
}

// Inputs from `first` on in pairs of one shape.
void require_pairs(std::string_view name, SpecSpan inputs, std::size_t first) {
  if (inputs.size() <= first || (inputs.size() - first) % 2 != 0) {
    fail(name, ": takes pairs, and was given ", inputs.size(), " inputs");
  }
  for (std::size_t i = first; i < inputs.size(); i += 2) {
    require_floating(name, inputs[i]);
    require_spec(name, "the second of a pair", inputs[i + 1], inputs[i]);
  }
}

// Reads the pairs and writes the second of each.
Cost pairs_cost(SpecSpan inputs, std::size_t first, double flops) {
  Cost cost;
  for (std::size_t i = first; i < inputs.size(); i += 2) {
    cost.bytes += 3 * static_cast<double>(inputs[i].bytes());
    cost.flops += flops * static_cast<double>(inputs[i].shape.elements());
  }
  return cost;
}

std::vector<std::size_t> every_second(std::size_t first, std::size_t count) {
  std::vector<std::size_t> result;
  for (std::size_t i = first; i < count; i += 2) result.push_back(i);
  return result;
}

}  // namespace

Specs Adam::output_specs(SpecSpan inputs) const {
  require_update(kName, update, slots(), inputs);
  return {};
}

Cost Adam::cost(SpecSpan inputs, SpecSpan) const {
  return update_cost(update, slots(), inputs, 12);
}

std::vector<std::size_t> Adam::writes(std::size_t input_count) const {
  return update_writes(update, slots(), input_count);
}

Specs SGD::output_specs(SpecSpan inputs) const {
  require_update(kName, update, slots(), inputs);
  return {};
}

Cost SGD::cost(SpecSpan inputs, SpecSpan) const {
  return update_cost(update, slots(), inputs, 4);
}

std::vector<std::size_t> SGD::writes(std::size_t input_count) const {
  return update_writes(update, slots(), input_count);
}

Specs RMSprop::output_specs(SpecSpan inputs) const {
  require_update(kName, update, slots(), inputs);
  return {};
}

Cost RMSprop::cost(SpecSpan inputs, SpecSpan) const {
  return update_cost(update, slots(), inputs, 10);
}

std::vector<std::size_t> RMSprop::writes(std::size_t input_count) const {
  return update_writes(update, slots(), input_count);
}

Specs Lion::output_specs(SpecSpan inputs) const {
  require_update(kName, update, slots(), inputs);
  return {};
}

Cost Lion::cost(SpecSpan inputs, SpecSpan) const {
  return update_cost(update, slots(), inputs, 8);
}

std::vector<std::size_t> Lion::writes(std::size_t input_count) const {
  return update_writes(update, slots(), input_count);
}

Specs AccumulateGradients::output_specs(SpecSpan inputs) const {
  require_pairs(kName, inputs, 0);
  return {};
}

Cost AccumulateGradients::cost(SpecSpan inputs, SpecSpan) const {
  return pairs_cost(inputs, 0, 1);
}

std::vector<std::size_t> AccumulateGradients::writes(
    std::size_t input_count) const {
  return every_second(1, input_count);
}

Specs GradientScales::output_specs(SpecSpan inputs) const {
  if (inputs.empty()) fail(kName, ": takes gradients, and was given none");
  for (const TensorSpec& gradient : inputs) require_floating(kName, gradient);
  if (!(limit > 0)) {
    fail(kName, ": a limit of ", limit, "; it must be above 0");
  }
  return {{{static_cast<std::int64_t>(inputs.size())}, DType::float32}};
}

Cost GradientScales::cost(SpecSpan inputs, SpecSpan outputs) const {
  Cost cost = streaming_cost(inputs, outputs, 0);
  for (const TensorSpec& gradient : inputs) {
    cost.flops += 2 * static_cast<double>(gradient.shape.elements());
  }
  return cost;
}

Specs WeightAverages::output_specs(SpecSpan inputs) const {
  require_pairs(kName, inputs, 1);
  require_spec(kName, "the iteration", inputs[0], {{1}, DType::int64});
  return {};
}

Cost WeightAverages::cost(SpecSpan inputs, SpecSpan) const {
  return pairs_cost(inputs, 1, 3);
}

std::vector<std::size_t> WeightAverages::writes(std::size_t input_count) const {
  return every_second(2, input_count);
}

}  // namespace lathe::graph
