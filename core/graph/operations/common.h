#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace lathe::graph {

class GradientBuilder;

using Specs = std::vector<TensorSpec>;
using SpecSpan = std::span<const TensorSpec>;

/// The work of an operation: multiplications and additions, and the bytes it
/// must at least read and write.
struct Cost {
  double flops = 0;
  double bytes = 0;
};

/// The cost of reading every input and writing every output once, with
/// `flops_per_output` operations for an element of output 0.
Cost streaming_cost(SpecSpan inputs, SpecSpan outputs, double flops_per_output);

/// The mean of images y (N, H, W, C) over their pixels: (N, 1, 1, C).
TensorSpec means_of(const TensorSpec& y);

/// Throws unless `inputs` has between `least` and `most` entries.
void require_inputs(std::string_view operation, SpecSpan inputs,
                    std::size_t least, std::size_t most);

/// Throws unless the spec has that many axes.
void require_rank(std::string_view operation, const TensorSpec& spec,
                  std::size_t rank);

/// Throws unless the spec has an axis and its last extent is at least 1.
void require_last_axis(std::string_view operation, const TensorSpec& spec);

/// Throws unless the spec is float32 or float64, what an operation computes in.
void require_floating(std::string_view operation, const TensorSpec& spec);

/// Throws unless `met`, the input called `what`, is as `right`.
void require_spec(std::string_view operation, std::string_view what,
                  const TensorSpec& met, const TensorSpec& right);

/// What an operation is made of, each in operations/*.h:
///   kName                         its name in summaries and errors
///   output_specs(inputs)          the shape rule; throws Error
///   gradient(builder)             the gradient rule (GradientBuilder in
///                                 graph/gradient.h); absent where nothing
///                                 flows back
///   cost(inputs, outputs)         see Cost
///   writes(input_count)           inputs that it changes in place; absent
///                                 where there are none
///   kInPlace                      the input whose memory output 0 may take
///                                 over, or in_place(input_count) where that
///                                 depends; absent where there is none

}  // namespace lathe::graph
