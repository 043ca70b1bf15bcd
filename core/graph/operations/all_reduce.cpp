#include "core/graph/operations/all_reduce.h"

#include <numeric>

#include "core/error.h"

namespace lathe::graph {
namespace {

void require_values(std::string_view operation, SpecSpan inputs) {
  if (inputs.empty()) fail(operation, ": was given nothing to sum");
  for (const TensorSpec& spec : inputs) {
    if (spec.dtype != DType::float32) {
      fail(operation, ": sums float32 and was given ", spec);
    }
  }
}

std::vector<std::size_t> all_of(std::size_t count) {
  std::vector<std::size_t> result(count);
  std::iota(result.begin(), result.end(), std::size_t{0});
  return result;
}

}  // namespace

Specs StartAllReduce::output_specs(SpecSpan inputs) const {
  require_values(kName, inputs);
  return {};
}

Cost StartAllReduce::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

std::vector<std::size_t> StartAllReduce::writes(std::size_t input_count) const {
  return all_of(input_count);
}

Specs WaitAllReduce::output_specs(SpecSpan inputs) const {
  require_values(kName, inputs);
  return {};
}

Cost WaitAllReduce::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

std::vector<std::size_t> WaitAllReduce::writes(std::size_t input_count) const {
  return all_of(input_count);
}

Specs TargetShare::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 1, 1);
  if (inputs[0].dtype == DType::int64 || inputs[0].dtype == DType::float64) {
    fail(kName, ": targets are uint8, int32 or float32 and it was given ",
         inputs[0]);
  }
  require_last_axis(kName, inputs[0]);
  return {{{1}, DType::float32}};
}

Cost TargetShare::cost(SpecSpan inputs, SpecSpan outputs) const {
  return streaming_cost(inputs, outputs, 0);
}

}  // namespace lathe::graph
