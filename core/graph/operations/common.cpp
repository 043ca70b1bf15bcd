#include "core/graph/operations/common.h"

#include "core/error.h"

namespace lathe::graph {

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

TensorSpec means_of(const TensorSpec& y) {
  return {{y.shape[0], 1, 1, y.shape[3]}, y.dtype};
}

void require_inputs(std::string_view operation, SpecSpan inputs,
                    std::size_t least, std::size_t most) {
  if (inputs.size() < least || inputs.size() > most) {
    fail(operation, ": takes ", least,
         most == least ? std::string() : concat(" to ", most),
         " inputs and was given ", inputs.size());
  }
}

void require_rank(std::string_view operation, const TensorSpec& spec,
                  std::size_t rank) {
  if (spec.shape.rank() != rank) {
    fail(operation, ": takes a tensor of ", rank, " axes and was given ",
         spec.shape);
  }
}

void require_last_axis(std::string_view operation, const TensorSpec& spec) {
  if (spec.shape.rank() == 0 || spec.shape.back() < 1) {
    fail(operation, ": works along the last axis and was given ", spec);
  }
}

void require_floating(std::string_view operation, const TensorSpec& spec) {
  if (spec.dtype != DType::float32 && spec.dtype != DType::float64) {
    fail(operation, ": computes in float32 or float64 and was given ", spec);
  }
}

void require_spec(std::string_view operation, std::string_view what,
                  const TensorSpec& met, const TensorSpec& right) {
  if (met != right) {
    fail(operation, ": ", what, " is ", met, "; ", right, " would be right");
  }
}

}  // namespace lathe::graph
