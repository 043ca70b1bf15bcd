#include "core/graph/operation.h"

#include "core/error.h"

namespace lathe::graph {

std::string_view name_of(const Operation& operation) {
  return std::visit([](const auto& o) { return o.kName; }, operation);
}

Specs output_specs(const Operation& operation, SpecSpan inputs) {
  return std::visit([&](const auto& o) { return o.output_specs(inputs); },
                    operation);
}

Cost cost_of(const Operation& operation, SpecSpan inputs, SpecSpan outputs) {
  return std::visit([&](const auto& o) { return o.cost(inputs, outputs); },
                    operation);
}

std::vector<std::size_t> writes_of(const Operation& operation,
                                   std::size_t input_count) {
  return std::visit(
      [&](const auto& o) -> std::vector<std::size_t> {
        if constexpr (requires { o.writes(input_count); }) {
          return o.writes(input_count);
        } else {
          return {};
        }
      },
      operation);
}

std::optional<std::size_t> in_place_input_of(const Operation& operation) {
  return std::visit(
      []<class Op>(const Op&) -> std::optional<std::size_t> {
        if constexpr (requires { Op::kInPlace; }) {
          return Op::kInPlace;
        } else {
          return std::nullopt;
        }
      },
      operation);
}

Cost streaming_cost(SpecSpan inputs, SpecSpan outputs,
                    double flops_per_output) {
  Cost cost;
  for (const TensorSpec& spec : inputs) {
    cost.bytes += static_cast<double>(spec.bytes());
  }
  for (const TensorSpec& spec : outputs) {
    cost.bytes += static_cast<double>(spec.bytes());
  }
  if (!outputs.empty()) {
    cost.flops =
        flops_per_output * static_cast<double>(outputs[0].shape.elements());
  }
  return cost;
}

void require_inputs(std::string_view operation, SpecSpan inputs,
                    std::size_t least, std::size_t most) {
  if (inputs.size() < least || inputs.size() > most) {
    fail(operation, ": takes ", least, " to ", most, " inputs and was given ",
         inputs.size());
  }
}

void require_rank(std::string_view operation, const TensorSpec& spec,
                  std::size_t rank) {
  if (spec.shape.rank() != rank) {
    fail(operation, ": takes a tensor of ", rank, " axes and was given ",
         spec.shape);
  }
}

}  // namespace lathe::graph
