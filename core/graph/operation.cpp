#include "core/graph/operation.h"

namespace lathe::graph {

Operation::Operation(const Operation&) = default;
Operation::Operation(Operation&&) noexcept = default;
Operation& Operation::operator=(const Operation&) = default;
Operation& Operation::operator=(Operation&&) noexcept = default;
Operation::~Operation() = default;

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

std::optional<std::size_t> in_place_input_of(const Operation& operation,
                                             std::size_t input_count) {
  return std::visit(
      [&]<class Op>(const Op& o) -> std::optional<std::size_t> {
        if constexpr (requires { Op::kInPlace; }) {
          return Op::kInPlace;
        } else if constexpr (requires { o.in_place(input_count); }) {
          return o.in_place(input_count);
        } else {
          return std::nullopt;
        }
      },
      operation);
}

}  // namespace lathe::graph
