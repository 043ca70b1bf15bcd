#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// y = a + b for two tensors of one shape.
struct Add {
  static constexpr std::string_view kName = "add";
  static constexpr std::size_t kInPlace = 0;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// y = a b, or with a third input y = a b + c. b has a's shape, or 1 on one run
/// of neighbouring axes over which it is repeated, or leading axes left out:
/// (N, 1, 1, C) scales the channels of each image, (C) of all. c has b's shape.
/// The output has a's shape.
struct Multiply {
  static constexpr std::string_view kName = "multiply";
  static constexpr std::size_t kInPlace = 0;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Sums a tensor, or its product with a second of its shape, to `target`, which
/// is that shape with 1 on one run of neighbouring axes, or with leading axes
/// left out: (N, H, W, C) to (C).
struct ReduceSum {
  static constexpr std::string_view kName = "reduce_sum";
  Shape target{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// y = scale x + offset with two numbers.
struct Affine {
  static constexpr std::string_view kName = "affine";
  static constexpr std::size_t kInPlace = 0;
  double scale = 1;
  double offset = 0;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// No inputs; an output of that spec, every element `value`.
struct Constant {
  static constexpr std::string_view kName = "constant";
  TensorSpec spec{};
  double value = 0;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Adds 1 to an int64 counter (1), in place. No outputs.
struct Increment {
  static constexpr std::string_view kName = "increment";

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t) const { return {0}; }
};

/// Axes of a and b merged to (outer, repeated, inner): b is (outer, 1, inner).
/// Leading axes that b lacks count as 1.
struct BroadcastShape {
  std::int64_t outer = 1;
  std::int64_t repeated = 1;
  std::int64_t inner = 1;
};

/// How b repeats over a; throws Error naming `operation` where it does not.
BroadcastShape broadcast(std::string_view operation, const Shape& a,
                         const Shape& b);

}  // namespace lathe::graph
