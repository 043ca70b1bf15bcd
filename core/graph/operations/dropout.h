#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Sets a share `rate` of the elements to zero and divides the rest by 1 -
/// rate. Inputs: x (N, ...) and draw (int64, N + 2): the seed, the epoch, and
/// the sample id of each row. What is kept is a pure function of these, of
/// `operation` and of the element's place in its sample. Axes where
/// `noise_shape` (without the batch axis; empty for all) is 1 share a draw.
/// The gradient is the same operation on dy: no mask is stored.
struct Dropout {
  static constexpr std::string_view kName = "dropout";
  static constexpr std::size_t kInPlace = 0;
  double rate = 0.5;
  std::uint32_t operation = 0;
  Shape noise_shape{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
