#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Stores tensors in another type, float32 or bfloat16: any number of inputs,
/// which have the other one, and an output for each. Many at once cost little
/// more than one.
struct Cast {
  static constexpr std::string_view kName = "cast";
  DType to = DType::float32;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
